/** The interpreter that the user has chosen in the Python extension, per folder. */
import { isAbsolute } from "node:path";
import * as vscode from "vscode";

/** The part of the Python extension's public API that is used here. */
interface PythonApi {
  readonly ready: Promise<void>;
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

/**
 * The API names an environment by its Python, or by its folder where it has none (conda), or by a
 * bare `python` where nothing was chosen. Only the first can run tests.
 */
export function usableInterpreter(path: string): string | undefined {
  return isAbsolute(path) && /^(python|pypy)[\d.]*(\.exe)?$/i.test(path.split(/[\\/]/).at(-1) ?? "")
    ? path
    : undefined;
}

/** Answers at once with what is known; `onDidChange` says when that has become more. */
export class ChosenInterpreters implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[] = [this.#changed];
  #api: PythonApi | undefined;

  readonly onDidChange = this.#changed.event;

  /** Does nothing where the Python extension is absent or its answer could be the repository's. */
  async connect(): Promise<void> {
    const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
    if (extension === undefined || !vscode.workspace.isTrusted || this.#api !== undefined) {
      return;
    }
    const api = await extension.activate();
    await api.ready;
    this.#api = api;
    this.#disposables.push(
      api.environments.onDidChangeActiveEnvironmentPath(() => this.#changed.fire()),
    );
    this.#changed.fire();
  }

  forResource(resource: vscode.Uri | undefined): string | undefined {
    const chosen = this.#api?.environments.getActiveEnvironmentPath(resource);
    return chosen && usableInterpreter(chosen.path);
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }
}
