/** The commands of the palette. */
import * as vscode from "vscode";
import { anotherProviderIsActive, enabledFor, toggled } from "./inline_completion";
import type { Server } from "./server";

export function registerCommands(server: Server, log: vscode.LogOutputChannel): vscode.Disposable {
  const { registerCommand } = vscode.commands;
  return vscode.Disposable.from(
    registerCommand("lacuna.restartServer", () => server.restart()),
    registerCommand("lacuna.showLogs", () => log.show()),
    registerCommand("lacuna.toggleInlineCompletion", toggleInlineCompletion),
    registerCommand("lacuna.manageTrust", () =>
      vscode.commands.executeCommand("workbench.trust.manage"),
    ),
  );
}

async function toggleInlineCompletion(): Promise<void> {
  const resource = vscode.window.activeTextEditor?.document.uri;
  const enabled = toggled(enabledFor(resource), anotherProviderIsActive());
  await vscode.workspace
    .getConfiguration("lacuna", resource)
    .update("completion.enabled", enabled, vscode.ConfigurationTarget.Global);
  vscode.window.setStatusBarMessage(`Lacuna: inline completion is ${enabled}.`, 3000);
}
