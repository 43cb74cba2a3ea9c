/** What the server cannot do by itself: begin to rename a name that an edit has just made. */
import * as vscode from "vscode";
import type { LanguageClient, StaticFeature } from "vscode-languageclient/node";

const command = "lacuna.rename";

/** Where the name stands, after the edit. */
interface Place {
  readonly uri: string;
  readonly at: { readonly line: number; readonly character: number };
}

/**
 * The names that code actions make. VS Code forgets what a command is to be called with as soon as
 * the menu is disposed of, and the edit itself may have it disposed of before the command runs. So
 * the place is kept here, and the command in the menu has no arguments.
 */
export class NewNames implements vscode.Disposable {
  readonly #places = new WeakMap<object, Place>();
  readonly #registration = vscode.commands.registerCommand(command, () => this.#rename());
  #chosen: Place | undefined;

  /** An action of the menu, as the server has sent it. */
  listed<T extends vscode.CodeAction | vscode.Command>(action: T): T {
    const follows = typeof action.command === "object" ? action.command : undefined;
    if (follows?.command === command) {
      const [uri, at] = follows.arguments ?? [];
      this.#places.set(action, { uri, at });
      delete follows.arguments;
    }
    return action;
  }

  /** The action whose edit is applied next. */
  chosen(action: vscode.CodeAction): void {
    this.#chosen = this.#places.get(action);
  }

  dispose(): void {
    this.#registration.dispose();
  }

  async #rename(): Promise<void> {
    if (this.#chosen === undefined) {
      return;
    }
    const { uri, at } = this.#chosen;
    this.#chosen = undefined;
    const resource = vscode.Uri.parse(uri);
    const place = new vscode.Position(at.line, at.character);
    if (await canRename(resource, place)) {
      await vscode.commands.executeCommand("editor.action.rename", [resource, place]);
    } else {
      await selectEverywhere(resource, place);
    }
  }
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
