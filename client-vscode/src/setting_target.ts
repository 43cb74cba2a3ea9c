/** Where a changed setting is written. */
import * as vscode from "vscode";

/** Where the value in force is written: elsewhere a change would have no effect. */
export function narrowestTarget(
  written: { workspaceFolderValue?: unknown; workspaceValue?: unknown } | undefined,
): vscode.ConfigurationTarget {
  if (written?.workspaceFolderValue !== undefined) {
    return vscode.ConfigurationTarget.WorkspaceFolder;
  }
  return written?.workspaceValue !== undefined
    ? vscode.ConfigurationTarget.Workspace
    : vscode.ConfigurationTarget.Global;
}
