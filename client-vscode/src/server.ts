/** Starts, restarts and stops the server, and says how that went. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { EnvironmentError, ensureEnvironment } from "./environment";
import { type FirstStart, openProgress } from "./first_start";
import type { ChosenInterpreters } from "./interpreter";
import { run } from "./process";
import { buildEnvironment } from "./python";
import type { NewNames } from "./rename";
import type { ModelKey } from "./secret";
import { serverCommand } from "./server_command";
import { onStatus, type ServerStatus } from "./server_status";
import type { State } from "./status";

/** What shows how the server is. */
export interface Display {
  show(state: State): void;
  told(status: ServerStatus): void;
  ghostTextShown(holes: number): void;
}

/** What the server's client needs of the window. */
export interface Parts {
  readonly log: vscode.LogOutputChannel;
  readonly interpreters: ChosenInterpreters;
  readonly key: ModelKey;
  readonly newNames: NewNames;
}

export class Server {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  readonly #display: Display;
  readonly #interpreters: ChosenInterpreters;
  readonly #key: ModelKey;
  readonly #newNames: NewNames;
  #client: LanguageClient | undefined;
  #python: string | undefined;
  /** Aborts the set-up of the environment that is under way, if one is. */
  #setUp = new AbortController();
  /** Starts and stops wait for each other, so that there is never a second server. */
  #queue: Promise<void> = Promise.resolve();

  constructor(context: vscode.ExtensionContext, display: Display, parts: Parts) {
    this.#context = context;
    this.#display = display;
    this.#log = parts.log;
    this.#interpreters = parts.interpreters;
    this.#key = parts.key;
    this.#newNames = parts.newNames;
  }

  restart(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  stop(): Promise<void> {
    this.#setUp.abort();
    return this.#enqueue(() => this.#stop());
  }

  /** The Python of the server's environment, once that stands. */
  get python(): string | undefined {
    return this.#python;
  }

  async tellChangedSettings(): Promise<void> {
    // A server that is starting may have asked for them already.
    await this.#queue;
    if (this.#client) {
      const { tellChangedSettings } = await import("./client");
      await tellChangedSettings(this.#client);
    }
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(task);
    return this.#queue;
  }

  async #start(): Promise<void> {
    this.#display.show({ kind: "starting" });
    const storage = this.#context.globalStorageUri.fsPath;
    try {
      this.#python = await this.#ensureEnvironment(storage);
      this.#client = await this.#createClient(this.#python, storage);
    } catch (error) {
      this.#tellFailedSetUp(error);
      return;
    }
    // The client itself tells the user and the log when this fails.
    await this.#client.start().catch(() => {});
  }

  /** The client's library is loaded here: VS Code waits for `activate`, and nobody for this. */
  async #createClient(python: string, storage: string): Promise<LanguageClient> {
    const { createClient, stateOf } = await import("./client");
    const variables = await this.#key.variables();
    const client = createClient(serverCommand(python, storage, { ...process.env, ...variables }), {
      log: this.#log,
      interpreters: this.#interpreters,
      newNames: this.#newNames,
      ghostTextShown: (holes) => this.#display.ghostTextShown(holes),
    });
    client.onDidChangeState(({ newState }) => this.#display.show(stateOf(client, newState)));
    onStatus(client, (status) => this.#display.told(status));
    return client;
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client?.needsStop()) {
      await client.stop().catch((error) => this.#log.warn(`Stopping the server: ${error}`));
    }
  }

  async #ensureEnvironment(storage: string): Promise<string> {
    const setUp = new AbortController();
    this.#setUp = setUp;
    let firstStart: FirstStart | undefined;
    const report = (step: string): void => {
      firstStart ??= openProgress(() => setUp.abort());
      firstStart.report(step);
    };
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    try {
      return await ensureEnvironment({
        storage,
        wheel: await bundledWheel(this.#context.extensionUri.fsPath),
        platform: process.platform,
        env: buildEnvironment(process.env, folders, process.platform),
        signal: setUp.signal,
        now: new Date(),
        log: (line) => this.#log.info(line),
        report,
        run,
      });
    } finally {
      firstStart?.done();
    }
  }

  #tellFailedSetUp(error: unknown): void {
    const message = setUpFailure(error);
    this.#log.error(error instanceof Error ? error : String(error));
    this.#display.show({ kind: "failed", message });
    void vscode.window.showErrorMessage(message, "Try Again", "Show Logs").then((choice) => {
      if (choice === "Try Again") {
        void this.restart();
      } else if (choice === "Show Logs") {
        this.#log.show();
      }
    });
  }
}

function setUpFailure(error: unknown): string {
  if (error instanceof EnvironmentError) {
    return error.message;
  }
  return error instanceof Error && error.name === "AbortError"
    ? "Lacuna: the set-up of the server was cancelled."
    : `Lacuna: the server could not be set up: ${error}`;
}

async function bundledWheel(extension: string): Promise<string> {
  const bundled = join(extension, "bundled");
  const wheel = (await readdir(bundled)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) {
    throw new EnvironmentError("Lacuna: this extension carries no server. Install it again.");
  }
  return join(bundled, wheel);
}
