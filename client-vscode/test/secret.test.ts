import { beforeEach, expect, test } from "vitest";
import type { SecretStorage } from "vscode";
import { ModelKey } from "../src/secret";
import { reset, typed } from "./fake_vscode";

beforeEach(reset);

function keyring(kept: Map<string, string>): ModelKey {
  const secrets = {
    get: async (name: string) => kept.get(name),
    store: async (name: string, value: string) => void kept.set(name, value),
    delete: async (name: string) => void kept.delete(name),
  };
  return new ModelKey(secrets as unknown as SecretStorage);
}

test("a key that was typed is kept, and given to the server in its environment", async () => {
  const key = keyring(new Map());
  typed.answer = "a key";
  expect(await key.ask()).toBe(true);
  expect(await key.variables()).toEqual({ LACUNA_MODEL_KEY: "a key" });
});

test("without a key the server's environment has nothing of ours", async () => {
  expect(await keyring(new Map()).variables()).toEqual({});
});

test("an empty answer forgets the key, Escape and the same key change nothing", async () => {
  const key = keyring(new Map([["lacuna.model.key", "a key"]]));
  expect(await key.ask()).toBe(false);
  typed.answer = "a key";
  expect(await key.ask()).toBe(false);
  typed.answer = "";
  expect(await key.ask()).toBe(true);
  expect(await key.variables()).toEqual({});
});
