/** Stands in for the module `vscode`, with just what the tested modules touch. */

export const settings = new Map<string, unknown>();
export const installed = new Map<string, { isActive: boolean; activate: () => Promise<unknown> }>();

export const workspace = {
  isTrusted: true,
  workspaceFolders: undefined as { uri: string }[] | undefined,
  getConfiguration: (section: string) => ({
    get: <T>(name: string, otherwise: T): T =>
      (settings.get(`${section}.${name}`) as T | undefined) ?? otherwise,
  }),
};

export const extensions = {
  getExtension: (id: string) => installed.get(id),
};

export class EventEmitter<T> {
  readonly #listeners: ((value: T) => void)[] = [];

  readonly event = (listener: (value: T) => void): void => {
    this.#listeners.push(listener);
  };

  fire(value: T): void {
    for (const listener of this.#listeners) {
      listener(value);
    }
  }

  dispose(): void {
    this.#listeners.length = 0;
  }
}

export function reset(): void {
  settings.clear();
  installed.clear();
  workspace.isTrusted = true;
  workspace.workspaceFolders = undefined;
}
