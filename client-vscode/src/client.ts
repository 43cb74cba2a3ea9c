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
import { holesIn } from "./holes";
import { anotherProviderIsActive, enabledFor, isOffered } from "./inline_completion";
import type { ChosenInterpreters } from "./interpreter";
import { languages } from "./languages";
import { announceRename } from "./rename";
import type { ServerCommand } from "./server_command";
import { announceStatus } from "./server_status";
import { section, settingsForServer } from "./settings";
import { isRestricted, trustedFolders } from "./trust";

export function createClient(
  command: ServerCommand,
  log: vscode.LogOutputChannel,
  interpreters: ChosenInterpreters,
  ghostTextShown: (holes: number) => void,
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
              ? settingsForServer(values[index], {
                  chosenInterpreter: interpreters.forResource(resource(item.scopeUri)),
                  isRestricted: isRestricted(),
                })
              : values[index],
          );
        },
      },
      provideInlineCompletionItems: async (document, position, context, token, next) => {
        if (!isOffered(enabledFor(document.uri), anotherProviderIsActive())) {
          return undefined;
        }
        const answer = await next(document, position, context, token);
        const text = itemsOf(answer)[0]?.insertText;
        if (text !== undefined && !token.isCancellationRequested) {
          ghostTextShown(typeof text === "string" ? 0 : holesIn(text.value));
        }
        return answer;
      },
    },
  };
  const client = new LanguageClient("lacuna", "Lacuna", command, options);
  announceRename(client);
  announceStatus(client);
  const afterCrash = client.createDefaultErrorHandler();
  return client;
}

function itemsOf(
  answer: vscode.InlineCompletionItem[] | vscode.InlineCompletionList | null | undefined,
): readonly vscode.InlineCompletionItem[] {
  return Array.isArray(answer) ? answer : (answer?.items ?? []);
}

/** Without one: the first folder. */
function resource(scope: string | undefined): vscode.Uri | undefined {
  return scope ? vscode.Uri.parse(scope) : vscode.workspace.workspaceFolders?.[0]?.uri;
}

/** Makes the server ask for its settings again. Nothing is sent while no server runs. */
export async function tellChangedSettings(client: LanguageClient): Promise<void> {
  if (client.isRunning()) {
    await client.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
  }
}
