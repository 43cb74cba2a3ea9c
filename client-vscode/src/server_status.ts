/** What the server tells a status item, and how it learns that there is one. */
import type { Disposable } from "vscode";
import type { LanguageClient, StaticFeature } from "vscode-languageclient/node";

const method = "lacuna/status";

export interface Calibrated {
  readonly languageIds: readonly string[];
  readonly epsilons: readonly number[];
  readonly population: string;
}

export interface Folder {
  readonly uri: string;
  readonly trusted: boolean;
  /** Empty where candidates run with limits only, null where it is not known. */
  readonly sandbox: string | null;
  readonly epsilon: number;
}

export interface ServerStatus {
  readonly model: string;
  readonly chatModel: string;
  readonly epsilon: number;
  readonly calibrated: readonly Calibrated[];
  readonly folders: readonly Folder[];
}

/** Before the client starts. */
export function announceStatus(client: LanguageClient): void {
  const feature: StaticFeature = {
    fillClientCapabilities: (capabilities) => {
      capabilities.experimental = { ...capabilities.experimental, lacunaStatus: true };
    },
    initialize: () => {},
    getState: () => ({ kind: "static" }),
    clear: () => {},
  };
  client.registerFeature(feature);
}

export function onStatus(client: LanguageClient, told: (status: ServerStatus) => void): Disposable {
  return client.onNotification(method, told);
}

/** The folder that holds a document: the innermost, where several do. */
export function folderOf(status: ServerStatus, uri: string): Folder | undefined {
  const holding = status.folders.filter((folder) => uri.startsWith(`${folder.uri}/`));
  return holding.sort((a, b) => b.uri.length - a.uri.length)[0];
}

/** The epsilon that holds for a document, and those that could; undefined where none is claimed. */
export function epsilonsFor(
  status: ServerStatus,
  languageId: string,
  uri: string,
): { readonly inForce: number; readonly all: readonly number[] } | undefined {
  const all = status.calibrated.find((each) => each.languageIds.includes(languageId))?.epsilons;
  if (all === undefined || all.length === 0) {
    return undefined;
  }
  const wanted = folderOf(status, uri)?.epsilon ?? status.epsilon;
  const sorted = [...all].sort((a, b) => a - b);
  const inForce = sorted.filter((each) => each <= wanted).at(-1) ?? sorted[0];
  return inForce === undefined ? undefined : { inForce, all: sorted };
}
