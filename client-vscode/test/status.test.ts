import { expect, test } from "vitest";
import { appearance } from "../src/status";

test("a ready server is named with its version", () => {
  expect(appearance({ kind: "ready", version: "0.1.0" }).tooltip).toBe("Lacuna 0.1.0 is ready.");
});

test("a failure shows its own words, as an error", () => {
  const shown = appearance({ kind: "failed", message: "Lacuna needs Python 3.11 or newer." });
  expect(shown.tooltip).toBe("Lacuna needs Python 3.11 or newer.");
  expect(shown.isError).toBe(true);
});

test("only a failure is an error", () => {
  expect(appearance({ kind: "starting" }).isError).toBe(false);
  expect(appearance({ kind: "stopped" }).isError).toBe(false);
});
