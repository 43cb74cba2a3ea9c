/** What the server cannot do by itself: begin to rename a name that an edit has just made. */
import * as vscode from "vscode";
import type { LanguageClient, StaticFeature } from "vscode-languageclient/node";

const command = "lacuna.rename";

/** Runs after the edit of a code action, with the URI and the position that the server found. */
export function registerRename(): vscode.Disposable {
  return vscode.commands.registerCommand(
    command,
    (uri: string, at: { line: number; character: number }) =>
      vscode.commands.executeCommand("editor.action.rename", [
        vscode.Uri.parse(uri),
        new vscode.Position(at.line, at.character),
      ]),
  );
}

/** Tells the server that the command is there; other clients get the edit alone. */
export function announceRename(client: LanguageClient): void {
  const feature: StaticFeature = {
    fillClientCapabilities: (capabilities) => {
      capabilities.experimental = {
        ...capabilities.experimental,
        commands: { commands: [command] },
      };
    },
    initialize: () => {},
    getState: () => ({ kind: "static" }),
    clear: () => {},
  };
  client.registerFeature(feature);
}
