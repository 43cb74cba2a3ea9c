/** The commands of the palette. */
import * as vscode from "vscode";
import type { HoleSlider } from "./holes";
import { anotherProviderIsActive, enabledFor, toggled } from "./inline_completion";
import { openSample } from "./sample";
import type { ModelKey } from "./secret";
import type { Server } from "./server";
import { narrowestTarget } from "./setting_target";
import { section } from "./settings";
import { runInTerminal } from "./terminal";

export interface Parts {
  readonly context: vscode.ExtensionContext;
  readonly server: Server;
  readonly log: vscode.LogOutputChannel;
  readonly slider: HoleSlider;
  readonly key: ModelKey;
}

export function registerCommands({ context, server, log, slider, key }: Parts): vscode.Disposable {
  const { registerCommand } = vscode.commands;
  const inTerminal = (title: string, subcommand: string) => async () => {
    if (server.python === undefined) {
      void vscode.window.showWarningMessage("Lacuna: its server is not set up yet.");
      return;
    }
    const folder = folderInFront();
    const storage = context.globalStorageUri.fsPath;
    await runInTerminal(server.python, storage, title, [subcommand, ...(folder ? [folder] : [])]);
  };
  return vscode.Disposable.from(
    registerCommand("lacuna.restartServer", () => server.restart()),
    registerCommand("lacuna.showLogs", () => log.show()),
    registerCommand("lacuna.runTestsOfFile", runTestsOfFile),
    registerCommand("lacuna.toggleInlineCompletion", toggleInlineCompletion),
    registerCommand("lacuna.moreHoles", () => slider.move("more")),
    registerCommand("lacuna.fewerHoles", () => slider.move("fewer")),
    registerCommand("lacuna.chooseHoles", () => slider.choose()),
    registerCommand("lacuna.calibrate", inTerminal("Calibrate", "calibrate")),
    registerCommand("lacuna.doctor", inTerminal("Doctor", "doctor")),
    registerCommand("lacuna.setModelKey", async () => {
      if (await key.ask()) {
        await server.restart();
      }
    }),
    registerCommand("lacuna.manageTrust", () =>
      vscode.commands.executeCommand("workbench.trust.manage"),
    ),
    registerCommand("lacuna.openSample", () => openSample(context)),
  );
}

/** Of the file in front, or of the first folder. */
function folderInFront(): string | undefined {
  const document = vscode.window.activeTextEditor?.document.uri;
  const folder = document && vscode.workspace.getWorkspaceFolder(document);
  return (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath;
}

/** `lacuna.runTests` is the server's own command, which lenses use too. */
async function runTestsOfFile(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) {
    void vscode.window.showInformationMessage("Lacuna: open the file whose tests are to run.");
    return;
  }
  await vscode.commands.executeCommand("lacuna.runTests", document.uri.toString());
}

async function toggleInlineCompletion(): Promise<void> {
  const resource = vscode.window.activeTextEditor?.document.uri;
  const enabled = toggled(enabledFor(resource), anotherProviderIsActive());
  const settings = vscode.workspace.getConfiguration(section, resource);
  const target = narrowestTarget(settings.inspect("completion.enabled"));
  await settings.update("completion.enabled", enabled, target);
  vscode.window.setStatusBarMessage(`Lacuna: inline completion is ${enabled}.`, 3000);
}
