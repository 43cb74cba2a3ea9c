import { beforeEach, expect, test } from "vitest";
import { anotherProviderIsActive, isOffered, toggled } from "../src/inline_completion";
import { installed, reset } from "./fake_vscode";

beforeEach(reset);

const activate = async () => undefined;

test.each([
  ["auto", false, true],
  ["auto", true, false],
  ["on", true, true],
  ["off", false, false],
] as const)("%s, another provider active: %s, ghost text: %s", (enabled, another, offered) => {
  expect(isOffered(enabled, another)).toBe(offered);
});

test.each([
  ["auto", false, "off"],
  ["auto", true, "on"],
  ["on", true, "off"],
  ["off", false, "auto"],
  ["off", true, "on"],
] as const)("the toggle takes %s, another provider active: %s, to %s", (enabled, another, to) => {
  expect(toggled(enabled, another)).toBe(to);
});

test("two toggles change what is offered back again", () => {
  for (const another of [false, true]) {
    for (const enabled of ["auto", "on", "off"] as const) {
      const twice = toggled(toggled(enabled, another), another);
      expect(isOffered(twice, another)).toBe(isOffered(enabled, another));
    }
  }
});

test("another provider counts only while it is active", () => {
  installed.set("GitHub.copilot", { isActive: false, activate });
  expect(anotherProviderIsActive()).toBe(false);
  installed.set("GitHub.copilot", { isActive: true, activate });
  expect(anotherProviderIsActive()).toBe(true);
});
