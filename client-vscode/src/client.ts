/** The language client, and what the server is told by standard means. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  State as ClientState,
  DidChangeConfigurationNotification,
  LanguageClient,
  type LanguageClientOptions,
} from "vscode-languageclient/node";
import { anotherProviderIsActive, enabledFor, isOffered } from "./inline_completion";
import type { ChosenInterpreters } from "./interpreter";
import type { ServerCommand } from "./server_command";
import { section, withInterpreter } from "./settings";
import { trustedFolders } from "./trust";

const languages = ["python", "javascript", "javascriptreact", "typescript", "typescriptreact"];

export function createClient(
  command: ServerCommand,
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
  return new LanguageClient("lacuna", "Lacuna", command, options);
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
