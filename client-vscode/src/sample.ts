/** The walkthrough's sample: a copy in the extension's storage, opened on a file whose tests fail. */
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import type { ServerStatus } from "./server_status";

const folderName = "lacuna-sample";
const file = "prices.py";

/** The user's to edit: made once, opened again as it was left. */
export async function openSample(context: vscode.ExtensionContext): Promise<void> {
  const sample = join(context.globalStorageUri.fsPath, folderName);
  await mkdir(context.globalStorageUri.fsPath, { recursive: true });
  await cp(join(context.extensionUri.fsPath, "sample"), sample, { recursive: true, force: false });
  await vscode.commands.executeCommand("vscode.openFolder", vscode.Uri.file(sample), {
    forceNewWindow: true,
  });
}

/** In the sample's window: its file, and once its folder is trusted, its tests. */
export class SampleWindow {
  readonly #folder: vscode.Uri | undefined;
  #ran = false;

  constructor(context: vscode.ExtensionContext) {
    const sample = vscode.Uri.joinPath(context.globalStorageUri, folderName).toString();
    const folders = vscode.workspace.workspaceFolders ?? [];
    this.#folder = folders.find(({ uri }) => uri.toString() === sample)?.uri;
  }

  async open(): Promise<void> {
    if (this.#folder !== undefined && vscode.window.activeTextEditor === undefined) {
      await vscode.window.showTextDocument(vscode.Uri.joinPath(this.#folder, file));
    }
  }

  async told(status: ServerStatus): Promise<void> {
    const isTrusted = status.folders.some(({ trusted }) => trusted);
    if (this.#folder !== undefined && isTrusted && !this.#ran) {
      this.#ran = true;
      const uri = vscode.Uri.joinPath(this.#folder, file).toString();
      await vscode.commands.executeCommand("lacuna.runTests", uri);
    }
  }
}
