/** The door: what VS Code calls when the extension comes and goes. */
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { ChosenInterpreters } from "./interpreter";
import { Server } from "./server";
import { section } from "./settings";
import { StatusItem } from "./status";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Lacuna", { log: true });
  const status = new StatusItem();
  const interpreters = new ChosenInterpreters();
  const started = new Server(context, log, status, interpreters);
  server = started;

  const tellChanges = (): void => {
    void started.tellChanges();
  };
  const connect = (): void => {
    interpreters.connect().catch((error) => log.warn(`The Python extension: ${error}`));
  };
  context.subscriptions.push(
    log,
    status,
    interpreters,
    registerCommands(started, log),
    interpreters.onDidChange(tellChanges),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      tellChanges();
      connect();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(tellChanges),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(section)) {
        tellChanges();
      }
    }),
  );
  // Not awaited: the first start may take a minute, and VS Code waits for `activate`.
  void started.restart();
  connect();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
