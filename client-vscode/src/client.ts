/** The language client, and what the server is told by standard means. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  State as ClientState,
  CloseAction,
  DidChangeConfigurationNotification,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
} from "vscode-languageclient/node";
import { holesIn } from "./holes";
import { anotherProviderIsActive, enabledFor, isOffered } from "./inline_completion";
import type { ChosenInterpreters } from "./interpreter";
import { documentSelector } from "./languages";
import { announceRename, type NewNames } from "./rename";
import type { ServerCommand } from "./server_command";
import { announceStatus } from "./server_status";
import { section, settingsForServer } from "./settings";
import type { State } from "./status";
import { isRestricted, trustedFolders } from "./trust";

/** What the client asks, and tells, in this window. */
export interface Window {
  readonly log: vscode.LogOutputChannel;
  readonly interpreters: ChosenInterpreters;
  readonly newNames: NewNames;
  ghostTextShown(holes: number): void;
}

export function createClient(command: ServerCommand, window: Window): LanguageClient {
  const { log, interpreters, newNames } = window;
  const forwardLines = (stream: Readable): void => {
    createInterface(stream).on("line", (line) => log.info(line));
  };
  const options: LanguageClientOptions = {
    documentSelector,
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
          window.ghostTextShown(typeof text === "string" ? 0 : holesIn(text.value));
        }
        return answer;
      },
      provideCodeActions: async (document, range, context, token, next) =>
        (await next(document, range, context, token))?.map((each) => newNames.listed(each)),
      resolveCodeAction: async (action, token, next) => {
        const resolved = await next(action, token);
        newNames.chosen(action);
        return resolved;
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

/** What is shown of a state of the client. */
export function stateOf(client: LanguageClient, state: ClientState): State {
  switch (state) {
    case ClientState.Starting:
      return { kind: "starting" };
    case ClientState.Running:
      return { kind: "ready", version: client.initializeResult?.serverInfo?.version ?? "" };
    case ClientState.StartFailed:
      return { kind: "failed", message: "Lacuna: the server did not start. The log says why." };
    case ClientState.Stopped:
      return { kind: "stopped" };
  }
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
