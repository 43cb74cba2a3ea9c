/** One item in the status bar: whether the server is there, and if not, why. */
import * as vscode from "vscode";

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

export class StatusItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(
    "lacuna.status",
    vscode.StatusBarAlignment.Right,
  );

  constructor() {
    this.#item.name = "Lacuna";
    this.#item.command = "lacuna.showLogs";
  }

  show(state: State): void {
    const { text, tooltip, isError } = appearance(state);
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: tooltip };
    this.#item.backgroundColor = isError
      ? new vscode.ThemeColor("statusBarItem.errorBackground")
      : undefined;
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }
}
