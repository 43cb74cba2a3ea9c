/**
 * The key of the model's endpoint, kept by VS Code in the system's keyring. The server has it in
 * its environment, as keys are given to programs; it stands in no file and in no setting.
 */
import * as vscode from "vscode";

const name = "lacuna.model.key";
/** The server looks there where the settings name no variable of the user's. */
const variable = "LACUNA_MODEL_KEY";

export class ModelKey {
  readonly #secrets: vscode.SecretStorage;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  /** Variables for the server's process: none where no key is kept. */
  async variables(): Promise<Readonly<Record<string, string>>> {
    const key = await this.#secrets.get(name);
    return key ? { [variable]: key } : {};
  }

  /** Asks for the key; true if what is kept is another now. An empty answer forgets it. */
  async ask(): Promise<boolean> {
    const key = await vscode.window.showInputBox({
      title: "Lacuna: Key of the Model's Endpoint",
      prompt: "Kept in your system's keyring. Leave it empty to forget the one that is kept.",
      password: true,
      ignoreFocusOut: true,
    });
    if (key === undefined || key === ((await this.#secrets.get(name)) ?? "")) {
      return false;
    }
    await (key ? this.#secrets.store(name, key) : this.#secrets.delete(name));
    return true;
  }
}
