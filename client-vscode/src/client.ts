/** The language client: the server's command line, and what the server is told by standard means. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  State as ClientState,
  DidChangeConfigurationNotification,
  type Executable,
  LanguageClient,
  type LanguageClientOptions,
} from "vscode-languageclient/node";
import { anotherProviderIsActive, enabledFor, isOffered } from "./inline_completion";
import type { ChosenInterpreters } from "./interpreter";
import { section, withInterpreter } from "./settings";
import { trustedFolders } from "./trust";

const languages = ["python", "javascript", "javascriptreact", "typescript", "typescriptreact"];

/** `-I`: neither the folder nor the user's PYTHON variables can put modules in the server's way. */
export function serverExecutable(python: string, cwd: string): Executable {
  return { command: python, args: ["-I", "-m", "lacuna_ls"], options: { cwd } };
}

export function createClient(
  executable: Executable,
  log: vscode.LogOutputChannel,
  interpreters: ChosenInterpreters,
): LanguageClient {
  const forwardLines = (stream: Readable): void => {
    createInterface(stream).on("line", (line) => log.info(line));
  };
  const options: LanguageClientOptions = {
    documentSelector: languages.map((language) => ({ scheme: "file", language })),
    outputChannel: log,
    stdioOptions: { stdout: forwardLines, stderr: forwardLines },
    initializationOptions: () => ({ trustedFolders: trustedFolders() }),
    middleware: {
      workspace: {
        configuration: async (params, token, next) => {
          const values = await next(params, token);
          if (!Array.isArray(values)) {
            return values;
          }
          return params.items.map((item, index) => {
            const resource = item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined;
            return withInterpreter(item.section, values[index], interpreters.forResource(resource));
          });
        },
      },
      provideInlineCompletionItems: (document, position, context, token, next) =>
        isOffered(enabledFor(document.uri), anotherProviderIsActive())
          ? next(document, position, context, token)
          : undefined,
    },
  };
  return new LanguageClient("lacuna", "Lacuna", executable, options);
}

/** Settings, trust or interpreters have changed. Sends nothing while no server runs. */
export async function tellChanges(client: LanguageClient): Promise<void> {
  if (client.state !== ClientState.Running) {
    return;
  }
  await client.sendNotification(DidChangeConfigurationNotification.type, {
    settings: {
      [section]: vscode.workspace.getConfiguration(section),
      trustedFolders: trustedFolders(),
    },
  });
}
