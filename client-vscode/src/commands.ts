/** The commands of the palette. */
import * as vscode from "vscode";
import { anotherProviderIsActive, enabledFor, toggled } from "./inline_completion";
import type { Server } from "./server";
import { section } from "./settings";

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
  const settings = vscode.workspace.getConfiguration(section, resource);
  const target = narrowestTarget(settings.inspect("completion.enabled"));
  await settings.update("completion.enabled", enabled, target);
  vscode.window.setStatusBarMessage(`Lacuna: inline completion is ${enabled}.`, 3000);
}

/** Where the value in force is written: elsewhere a change would have no effect. */
function narrowestTarget(
  written: { workspaceFolderValue?: unknown; workspaceValue?: unknown } | undefined,
): vscode.ConfigurationTarget {
  if (written?.workspaceFolderValue !== undefined) {
    return vscode.ConfigurationTarget.WorkspaceFolder;
  }
  return written?.workspaceValue !== undefined
    ? vscode.ConfigurationTarget.Workspace
    : vscode.ConfigurationTarget.Global;
}
