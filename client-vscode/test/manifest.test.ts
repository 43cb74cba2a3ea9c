import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import manifest from "../package.json";
import { languages } from "../src/languages";

const grammars = new URL("../../grammars/", import.meta.url);

test("the extension is activated by the languages that it serves", () => {
  expect(manifest.activationEvents).toEqual(languages.map((id) => `onLanguage:${id}`));
});

test("it serves the languages that have a grammar", () => {
  const known = readdirSync(grammars).flatMap((folder) => {
    const toml = readFileSync(new URL(`${folder}/language.toml`, grammars), "utf8");
    return JSON.parse(/^language_ids = (.*)$/m.exec(toml)?.[1] ?? "[]") as string[];
  });
  expect([...languages].sort()).toEqual(known.sort());
});

test("every command of the palette is registered, and no other", () => {
  const source = readFileSync(new URL("../src/commands.ts", import.meta.url), "utf8");
  const registered = [...source.matchAll(/registerCommand\("([^"]+)"/g)].map((match) => match[1]);
  expect(manifest.contributes.commands.map(({ command }) => command)).toEqual(registered);
});
