/** Stands in for the module `vscode`, with just what the tested modules touch. */

export const settings = new Map<string, unknown>();
export const installed = new Map<string, { isActive: boolean; activate: () => Promise<unknown> }>();

/** What the user types where they are asked; undefined is Escape. */
export const typed = { answer: undefined as string | undefined };

/** Every command that was executed, with its arguments. */
export const called: (readonly [string, ...unknown[]])[] = [];
const registered = new Map<string, (...args: unknown[]) => unknown>();

export const commands = {
  registerCommand: (name: string, run: (...args: unknown[]) => unknown) => {
    registered.set(name, run);
    return { dispose: () => registered.delete(name) };
  },
  executeCommand: async (name: string, ...args: unknown[]) => {
    called.push([name, ...args]);
    return registered.get(name)?.(...args);
  },
};

export const window = {
  showInputBox: async () => typed.answer,
  showTextDocument: async () => ({ selection: undefined as unknown }),
};

export const Uri = { parse: (text: string) => text };

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Selection {
  constructor(
    readonly anchor: Position,
    readonly active: Position,
  ) {}
}

export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 } as const;

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
  called.length = 0;
  registered.clear();
  installed.clear();
  typed.answer = undefined;
  workspace.isTrusted = true;
  workspace.workspaceFolders = undefined;
}
