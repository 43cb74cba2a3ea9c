import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import manifest from "../package.json";
import { languages } from "../src/languages";

const grammars = new URL("../../grammars/", import.meta.url);

test("the extension is activated by the languages that it serves", () => {
  const byLanguage = manifest.activationEvents.filter((event) => event.startsWith("onLanguage:"));
  expect(byLanguage).toEqual(languages.map((id) => `onLanguage:${id}`));
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

test("what decides about running code or about secrets is the user's alone", () => {
  const settings: Record<string, { scope: string }> = manifest.contributes.configuration.properties;
  const machine = Object.keys(settings).filter((name) => settings[name]?.scope === "machine");
  const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  expect(restricted).toEqual(expect.arrayContaining(machine));
  expect(machine).toContain("lacuna.interpreter");
  expect(machine).toContain("lacuna.model.apiKeyEnvironmentVariable");
});

test("keys, walkthrough and links name commands that are there", () => {
  const known = manifest.contributes.commands.map(({ command }) => command);
  const keys = manifest.contributes.keybindings.map(({ command }) => command);
  const walkthrough = JSON.stringify(manifest.contributes.walkthroughs);
  const linked = [...walkthrough.matchAll(/command:([\w.]+)/gi)].map((match) => match[1]);
  expect(linked.length).toBeGreaterThan(0);
  expect(known).toEqual(expect.arrayContaining([...keys, ...linked]));
});

test("every picture and page of the walkthrough is there", () => {
  const media = manifest.contributes.walkthroughs.flatMap(({ steps }) =>
    steps.map((step) => ("image" in step.media ? step.media.image : step.media.markdown)),
  );
  expect(media.filter((file) => !existsSync(new URL(`../${file}`, import.meta.url)))).toEqual([]);
});
