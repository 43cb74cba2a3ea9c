import { expect, test } from "vitest";
import { epsilonsFor, folderOf, type ServerStatus } from "../src/server_status";
import { standing } from "../src/status";

const folder = { uri: "file:///shops/shop", trusted: true, sandbox: "bubblewrap", epsilon: 0.1 };
const status: ServerStatus = {
  model: "built in",
  chatModel: "",
  epsilon: 0.2,
  calibrated: [{ languageIds: ["python"], epsilons: [0.2, 0.05, 0.1, 0.4], population: "3 files" }],
  folders: [folder],
};
const python = { languageId: "python", uri: "file:///shops/shop/a.py" };

test.each([
  [0.1, 0.1],
  [0.15, 0.1],
  [0.01, 0.05],
  [0.9, 0.4],
])("an epsilon of %d is taken down to the calibrated %d", (epsilon, inForce) => {
  const wanted = { ...status, folders: [{ ...folder, epsilon }] };
  expect(epsilonsFor(wanted, "python", python.uri)).toEqual({
    inForce,
    all: [0.05, 0.1, 0.2, 0.4],
  });
});

test("a document outside of all folders has the user's own epsilon", () => {
  expect(epsilonsFor(status, "python", "file:///elsewhere/a.py")?.inForce).toBe(0.2);
});

test("nothing is claimed for a language without a calibration", () => {
  expect(epsilonsFor(status, "typescript", "file:///shops/shop/a.ts")).toBeUndefined();
});

test("of folders within each other the innermost counts, and no sibling with a longer name", () => {
  const inner = { ...folder, uri: "file:///shops/shop/inner" };
  const nested = { ...status, folders: [folder, inner] };
  expect(folderOf(nested, "file:///shops/shop/inner/a.py")).toBe(inner);
  expect(folderOf(nested, "file:///shops/shop/inner2/a.py")).toBe(folder);
});

test("the item says model, calibration, trust and sandbox", () => {
  const lines = standing(status, python).join("\n");
  expect(lines).toContain("Model: built in");
  expect(lines).toContain("at most 10 % of the time, measured on 3 files");
  expect(lines).toContain("which you trust");
  expect(lines).toContain("Sandbox of fixes: bubblewrap");
});

test("an absent sandbox is not passed over", () => {
  const none = { ...status, folders: [{ ...folder, sandbox: "" }] };
  expect(standing(none, python).join("\n")).toContain("none on this machine");
});

test("an untrusted folder and an uncalibrated language are called so", () => {
  const untrusted = { ...status, folders: [{ ...folder, trusted: false, sandbox: null }] };
  const lines = standing(untrusted, { ...python, languageId: "javascript" }).join("\n");
  expect(lines).toContain("uncalibrated for javascript");
  expect(lines).toContain("not trusted");
  expect(lines).toContain("not tried yet");
});
