/** What the server cannot do by itself: begin to rename a name that an edit has just made. */
import * as vscode from "vscode";
import type { LanguageClient, StaticFeature } from "vscode-languageclient/node";

const command = "lacuna.rename";

/** Runs after the edit of a code action, with the URI and the position that the server found. */
export function registerRename(): vscode.Disposable {
  return vscode.commands.registerCommand(
    command,
    async (uri: string, { line, character }: { line: number; character: number }) => {
      const resource = vscode.Uri.parse(uri);
      const at = new vscode.Position(line, character);
      if (await canRename(resource, at)) {
        await vscode.commands.executeCommand("editor.action.rename", [resource, at]);
      } else {
        await selectEverywhere(resource, at);
      }
    },
  );
}

/** Renaming is another extension's work; without one, VS Code does nothing and says nothing. */
async function canRename(resource: vscode.Uri, at: vscode.Position): Promise<boolean> {
  try {
    const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit | undefined>(
      "vscode.executeDocumentRenameProvider",
      resource,
      at,
      "renamed",
    );
    return edit !== undefined && edit.size > 0;
  } catch {
    return false;
  }
}

/** The name is new, so wherever it stands in the file it is this one: typing replaces them all. */
async function selectEverywhere(resource: vscode.Uri, at: vscode.Position): Promise<void> {
  const editor = await vscode.window.showTextDocument(resource);
  editor.selection = new vscode.Selection(at, at);
  await vscode.commands.executeCommand("editor.action.changeAll");
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
