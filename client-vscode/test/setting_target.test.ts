import { expect, test } from "vitest";
import { narrowestTarget } from "../src/setting_target";
import { ConfigurationTarget } from "./fake_vscode";

test.each([
  [undefined, ConfigurationTarget.Global],
  [{}, ConfigurationTarget.Global],
  [{ workspaceValue: 0.2 }, ConfigurationTarget.Workspace],
  [{ workspaceValue: 0.2, workspaceFolderValue: 0.4 }, ConfigurationTarget.WorkspaceFolder],
])("a change of %j is written where it has an effect", (written, target) => {
  expect(narrowestTarget(written)).toBe(target);
});
