import { beforeEach, expect, test } from "vitest";
import { trustedFolders } from "../src/trust";
import { reset, settings, workspace } from "./fake_vscode";

beforeEach(() => {
  reset();
  workspace.workspaceFolders = [{ uri: "file:///project" }, { uri: "file:///library" }];
});

test("in a trusted workspace every folder is vouched for", () => {
  expect(trustedFolders()).toEqual(["file:///project", "file:///library"]);
});

test("in an untrusted workspace no folder is", () => {
  workspace.isTrusted = false;
  expect(trustedFolders()).toEqual([]);
});

test("a trust that nobody was asked for is not passed on", () => {
  settings.set("security.workspace.trust.enabled", false);
  expect(trustedFolders()).toEqual([]);
});

test("a window without a folder has nothing to trust", () => {
  workspace.workspaceFolders = undefined;
  expect(trustedFolders()).toEqual([]);
});
