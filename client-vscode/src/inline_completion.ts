/** Whether ghost text is offered: only VS Code knows which other extensions offer theirs. */
import * as vscode from "vscode";
import { section } from "./settings";

export type Enabled = "auto" | "on" | "off";

/** Extensions whose whole purpose is inline completion. */
const otherProviders = [
  "Codeium.codeium",
  "Continue.continue",
  "GitHub.copilot",
  "Supermaven.supermaven",
  "TabNine.tabnine-vscode",
];

export function isOffered(enabled: Enabled, anotherProviderIsActive: boolean): boolean {
  return enabled === "on" || (enabled === "auto" && !anotherProviderIsActive);
}

/** Off where ghost text is offered now; else back to the default, or on where that is not enough. */
export function toggled(enabled: Enabled, anotherProviderIsActive: boolean): Enabled {
  if (isOffered(enabled, anotherProviderIsActive)) {
    return "off";
  }
  return anotherProviderIsActive ? "on" : "auto";
}

export function enabledFor(resource: vscode.Uri | undefined): Enabled {
  return vscode.workspace.getConfiguration(section, resource).get("completion.enabled", "auto");
}

export function anotherProviderIsActive(): boolean {
  return otherProviders.some((id) => vscode.extensions.getExtension(id)?.isActive === true);
}
