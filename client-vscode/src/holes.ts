/**
 * The hole slider: how often the kept part of a completion may be wrong, one calibrated step at a
 * time. The server keeps what its model said, so a step moves holes and asks no model.
 */
import * as vscode from "vscode";
import { epsilonsFor, type ServerStatus } from "./server_status";
import { narrowestTarget } from "./setting_target";
import { section } from "./settings";

export type Direction = "fewer" | "more";

/** The next calibrated value in a direction; undefined at the end of the scale. */
export function step(
  inForce: number,
  all: readonly number[],
  direction: Direction,
): number | undefined {
  const at = all.indexOf(inForce);
  return at < 0 ? undefined : all[direction === "fewer" ? at + 1 : at - 1];
}

/** The scale as a line of text, the value in force marked on it: `○ ● ○ ○`. */
export function scale(inForce: number, all: readonly number[]): string {
  return all.map((each) => (each === inForce ? "●" : "○")).join(" ");
}

/** How many tab stops a snippet has, the last resting place not counted. */
export function holesIn(snippet: string): number {
  const stops = snippet.replaceAll(/\\./g, "").matchAll(/\$\{?(\d+)/g);
  return new Set([...stops].map((match) => match[1]).filter((stop) => stop !== "0")).size;
}

export class HoleSlider implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(
    "lacuna.holes",
    vscode.StatusBarAlignment.Right,
  );
  #status: ServerStatus | undefined;
  #holes: number | undefined;
  /** What was chosen, until the server says that it holds. */
  #awaited: number | undefined;

  constructor() {
    this.#item.name = "Lacuna: Holes";
    this.#item.command = "lacuna.chooseHoles";
  }

  /** Nothing is shown while no server runs. */
  told(status: ServerStatus | undefined): void {
    this.#status = status;
    this.refresh();
    if (this.#awaited !== undefined && this.#awaited === this.#current()?.inForce) {
      this.#awaited = undefined;
      void this.#askAgain();
    }
  }

  /** Ghost text has come, with so many holes. */
  shown(holes: number): void {
    this.#holes = holes;
    this.refresh();
  }

  /** Also after another editor is in front. */
  refresh(): void {
    const current = this.#current();
    if (current === undefined) {
      this.#item.hide();
      return;
    }
    const { inForce, all } = current;
    const holes = this.#holes ? ` ${"▢".repeat(this.#holes)}` : "";
    this.#item.text = `ε ${inForce}${holes}`;
    const counted = this.#holes === undefined ? "" : ` Newest ghost text: ${this.#holes} holes.`;
    const meaning = `${inWords(inForce)}, scale ${scale(inForce, all)}.${counted}`;
    this.#item.tooltip = `Lacuna: ${meaning}`;
    this.#item.accessibilityInformation = { label: `Lacuna holes: ${inWords(inForce)}.${counted}` };
    this.#item.show();
  }

  async move(direction: Direction): Promise<void> {
    const current = this.#current();
    const next = current && step(current.inForce, current.all, direction);
    if (next === undefined) {
      const why = current === undefined ? "is not calibrated here" : `has no ${direction} holes`;
      vscode.window.setStatusBarMessage(`Lacuna: the scale ${why}.`, 3000);
      return;
    }
    await this.#set(next);
  }

  /** The scale as a list, for those who prefer one. */
  async choose(): Promise<void> {
    const current = this.#current();
    if (current === undefined) {
      void vscode.window.showInformationMessage(
        "Lacuna: completions of this language are uncalibrated; there is nothing to choose.",
      );
      return;
    }
    const picks = current.all.map((epsilon, index) => ({
      label: `${scale(epsilon, current.all)}  ${epsilon}`,
      description: epsilon === current.inForce ? "in force" : "",
      detail: inWords(epsilon) + edge(index, current.all.length),
      epsilon,
    }));
    const placeHolder = "How often may the part outside the holes be wrong?";
    const chosen = await vscode.window.showQuickPick(picks, { placeHolder });
    if (chosen !== undefined && chosen.epsilon !== current.inForce) {
      await this.#set(chosen.epsilon);
    }
  }

  dispose(): void {
    this.#item.dispose();
  }

  #current(): { readonly inForce: number; readonly all: readonly number[] } | undefined {
    const document = vscode.window.activeTextEditor?.document;
    return this.#status && document
      ? epsilonsFor(this.#status, document.languageId, document.uri.toString())
      : undefined;
  }

  async #set(epsilon: number): Promise<void> {
    const resource = vscode.window.activeTextEditor?.document.uri;
    const settings = vscode.workspace.getConfiguration(section, resource);
    this.#awaited = epsilon;
    const target = narrowestTarget(settings.inspect("holes.epsilon"));
    await settings.update("holes.epsilon", epsilon, target);
  }

  /** Hidden first: VS Code asks nobody again for what it shows already. */
  async #askAgain(): Promise<void> {
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  }
}

function inWords(epsilon: number): string {
  return `outside the holes wrong in at most ${+(epsilon * 100).toFixed(2)} of 100`;
}

function edge(index: number, length: number): string {
  if (index === 0) {
    return " (the most holes)";
  }
  return index === length - 1 ? " (the fewest holes)" : "";
}
