import { expect, test } from "vitest";
import { holesIn, scale, step } from "../src/holes";

const all = [0.05, 0.1, 0.2, 0.4];

test("more holes is a smaller epsilon, fewer a larger one", () => {
  expect(step(0.1, all, "more")).toBe(0.05);
  expect(step(0.1, all, "fewer")).toBe(0.2);
});

test("the scale ends", () => {
  expect(step(0.05, all, "more")).toBeUndefined();
  expect(step(0.4, all, "fewer")).toBeUndefined();
});

test("the value in force is marked on the scale", () => {
  expect(scale(0.2, all)).toBe("○ ○ ● ○");
});

/** Snippets as the server writes them; `%` stands for the dollar. */
test.each([
  ["plain", 0],
  ["range(%{1:n})%0", 1],
  ["f(%{1|a,b|}, %{2:c})", 2],
  ["f(%1, %1)", 1],
  ["costs \\%{1:no hole}", 0],
])("%j has %d holes", (snippet, holes) => {
  expect(holesIn(snippet.replaceAll("%", "$"))).toBe(holes);
});
