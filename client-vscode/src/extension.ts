/** The door: what VS Code calls when the extension comes and goes. */
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { HoleSlider } from "./holes";
import { ChosenInterpreters } from "./interpreter";
import { NewNames } from "./rename";
import { SampleWindow } from "./sample";
import { ModelKey } from "./secret";
import { type Display, Server } from "./server";
import { section } from "./settings";
import { StatusItem } from "./status";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Lacuna", { log: true });
  const status = new StatusItem();
  const slider = new HoleSlider();
  const interpreters = new ChosenInterpreters();
  const key = new ModelKey(context.secrets);
  const newNames = new NewNames();
  const sample = new SampleWindow(context);
  const display: Display = {
    show: (state) => {
      status.show(state);
      slider.told(undefined);
    },
    told: (serverStatus) => {
      status.told(serverStatus);
      slider.told(serverStatus);
      void sample.told(serverStatus);
    },
    ghostTextShown: (holes) => slider.shown(holes),
  };
  const started = new Server(context, display, { log, interpreters, key, newNames });
  server = started;

  const tellChangedSettings = (): void => {
    void started.tellChangedSettings();
  };
  const connect = (): void => {
    interpreters.connect().catch((error) => log.warn(`The Python extension: ${error}`));
  };
  context.subscriptions.push(
    log,
    status,
    slider,
    interpreters,
    registerCommands({ context, server: started, log, slider, key }),
    newNames,
    interpreters.onDidChange(tellChangedSettings),
    vscode.window.onDidChangeActiveTextEditor(() => {
      status.refresh();
      slider.refresh();
    }),
    // Trust is told when the server starts and never later: a settings message could hold what a
    // repository's file says, the start cannot.
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      void started.restart();
      connect();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(({ added }) => {
      if (added.length > 0 && vscode.workspace.isTrusted) {
        void started.restart();
      }
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(section)) {
        tellChangedSettings();
      }
    }),
  );
  // Not awaited: the first start may take a minute, and VS Code waits for `activate`.
  void started.restart();
  void sample.open();
  connect();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
