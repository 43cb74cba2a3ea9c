/** The language client, and what the server is told by standard means. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
} from "vscode-languageclient/node";
import { anotherProviderIsActive, enabledFor, isOffered } from "./inline_completion";
import type { ChosenInterpreters } from "./interpreter";
import { languages } from "./languages";
import { announceRename } from "./rename";
import type { ServerCommand } from "./server_command";
import { type Situation, section, settingsForServer } from "./settings";
import { isRestricted, trustedFolders } from "./trust";

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
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    stdioOptions: { stdout: forwardLines, stderr: forwardLines },
    // The rest of the settings is asked for by the server; these two hold from the first message.
    initializationOptions: () => ({
      trustedFolders: trustedFolders(),
      trust: isRestricted() ? "never" : undefined,
    }),
    // A server that ran and died is started again; one that never ran would only die again.
    errorHandler: {
      error: (error, message, count) => afterCrash.error(error, message, count),
      closed: () =>
        client.initializeResult === undefined
          ? { action: CloseAction.DoNotRestart, handled: true }
          : afterCrash.closed(),
    },
    middleware: {
      workspace: {
        configuration: async (params, token, next) => {
          const values = await next(params, token);
          if (!Array.isArray(values)) {
            return values;
          }
          return params.items.map((item, index) =>
            item.section === section
              ? settingsForServer(values[index], situation(interpreters, item.scopeUri))
              : values[index],
          );
        },
      },
      provideInlineCompletionItems: (document, position, context, token, next) =>
        isOffered(enabledFor(document.uri), anotherProviderIsActive())
          ? next(document, position, context, token)
          : undefined,
    },
  };
  const client = new LanguageClient("lacuna", "Lacuna", command, options);
  announceRename(client);
  const afterCrash = client.createDefaultErrorHandler();
  return client;
}

/** Without a resource: of the first folder. */
function situation(interpreters: ChosenInterpreters, resource: string | undefined): Situation {
  const uri = resource ? vscode.Uri.parse(resource) : vscode.workspace.workspaceFolders?.[0]?.uri;
  return { chosenInterpreter: interpreters.forResource(uri), isRestricted: isRestricted() };
}

/** Makes the server ask for its settings again. Nothing is sent while no server runs. */
export async function tellChangedSettings(client: LanguageClient): Promise<void> {
  if (client.isRunning()) {
    await client.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
  }
}
