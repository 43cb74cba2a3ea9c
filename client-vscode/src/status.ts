/** One item in the status bar: whether the server is there, what it goes by, and what is amiss. */
import * as vscode from "vscode";
import { epsilonsFor, folderOf, type ServerStatus } from "./server_status";

export type State =
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly version: string }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly message: string };

export interface Appearance {
  readonly text: string;
  readonly tooltip: string;
  readonly isError: boolean;
}

export function appearance(state: State): Appearance {
  switch (state.kind) {
    case "starting":
      return {
        text: "$(loading~spin) Lacuna",
        tooltip: "Lacuna: the server is starting.",
        isError: false,
      };
    case "ready":
      return { text: "Lacuna", tooltip: `Lacuna ${state.version} is ready.`, isError: false };
    case "stopped":
      return {
        text: "$(circle-slash) Lacuna",
        tooltip: "Lacuna is stopped. “Lacuna: Restart Server” starts it.",
        isError: false,
      };
    case "failed":
      return { text: "$(error) Lacuna", tooltip: state.message, isError: true };
  }
}

/** What the item says of the server's standing for one document, a line each. */
export function standing(
  status: ServerStatus,
  document: { readonly languageId: string; readonly uri: string } | undefined,
): readonly string[] {
  const models = status.chatModel
    ? `${status.model}; fixes also ${status.chatModel}`
    : status.model;
  return [`Model: ${models}`, ...(document === undefined ? [] : ofDocument(status, document))];
}

function ofDocument(
  status: ServerStatus,
  { languageId, uri }: { readonly languageId: string; readonly uri: string },
): readonly string[] {
  const epsilons = epsilonsFor(status, languageId, uri);
  const population = status.calibrated.find((each) => each.languageIds.includes(languageId));
  const folder = folderOf(status, uri);
  return [
    epsilons === undefined
      ? `Holes: uncalibrated for ${languageId}, nothing is claimed`
      : `Holes: wrong outside of them at most ${percent(epsilons.inForce)} of the time, ` +
        `measured on ${population?.population}`,
    folder?.trusted
      ? `Tests: run on save in this folder, which you trust`
      : `Tests: nothing runs, this folder is not trusted`,
    `Sandbox of fixes: ${sandboxInWords(folder)}`,
  ];
}

function sandboxInWords(folder: { readonly sandbox: string | null } | undefined): string {
  if (folder === undefined || folder.sandbox === null) {
    return "not tried yet";
  }
  return folder.sandbox || "none on this machine, limits only";
}

function percent(epsilon: number): string {
  return `${+(epsilon * 100).toFixed(2)} %`;
}

/** The links below: each a command of ours. */
const links: readonly (readonly [string, string])[] = [
  ["Logs", "lacuna.showLogs"],
  ["Holes", "lacuna.chooseHoles"],
  ["Doctor", "lacuna.doctor"],
  ["Trust", "lacuna.manageTrust"],
  ["Restart", "lacuna.restartServer"],
];

export class StatusItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(
    "lacuna.status",
    vscode.StatusBarAlignment.Right,
  );
  #state: State = { kind: "starting" };
  #status: ServerStatus | undefined;

  constructor() {
    this.#item.name = "Lacuna";
    this.#item.command = "lacuna.showLogs";
  }

  show(state: State): void {
    this.#state = state;
    this.#status = undefined;
    this.refresh();
  }

  told(status: ServerStatus): void {
    this.#status = status;
    this.refresh();
  }

  /** Also after another editor is in front. */
  refresh(): void {
    const { text, tooltip, isError } = appearance(this.#state);
    const lines = [tooltip, ...(this.#status ? standing(this.#status, inFront()) : [])];
    this.#item.text = text;
    this.#item.tooltip = withLinks(lines);
    this.#item.accessibilityInformation = { label: lines.join(" ") };
    this.#item.backgroundColor = isError
      ? new vscode.ThemeColor("statusBarItem.errorBackground")
      : undefined;
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }
}

function inFront(): { readonly languageId: string; readonly uri: string } | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document && { languageId: document.languageId, uri: document.uri.toString() };
}

function withLinks(lines: readonly string[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  for (const line of lines) {
    markdown.appendText(line).appendMarkdown("\n\n");
  }
  markdown.appendMarkdown(links.map(([label, id]) => `[${label}](command:${id})`).join(" · "));
  markdown.isTrusted = { enabledCommands: links.map(([, id]) => id) };
  return markdown;
}
