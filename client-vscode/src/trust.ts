/** Tells the server which folders the user has vouched for. */
import * as vscode from "vscode";

/**
 * The URIs of the trusted folders: all of them or none, as Workspace Trust decides.
 *
 * Where the user has turned Workspace Trust off, VS Code calls every folder trusted though nobody
 * was asked; then the server asks by itself.
 */
export function trustedFolders(): readonly string[] {
  const asked = vscode.workspace.getConfiguration("security.workspace.trust").get("enabled", true);
  if (!asked || !vscode.workspace.isTrusted) {
    return [];
  }
  return (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.toString());
}

/** Restricted Mode: the user was asked and has not trusted what is open. */
export function isRestricted(): boolean {
  return !vscode.workspace.isTrusted;
}
