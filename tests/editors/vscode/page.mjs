/** A VS Code window in a browser, used as a user does: by keys, and by what can be seen. */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const patience_ms = 60_000;

export async function until(ask, what, limit_ms = patience_ms) {
  const end = Date.now() + limit_ms;
  for (;;) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`not seen in ${limit_ms / 1000} s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function launch(programs) {
  const { chromium } = createRequire(join(programs, "package.json"))("playwright-core");
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Chromium's own sandbox refuses to work for root, as in containers.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

export class Window {
  #shots = 0;

  constructor(page, screenshots) {
    this.page = page;
    this.screenshots = screenshots;
    mkdirSync(screenshots, { recursive: true });
  }

  static async open(context, url, screenshots) {
    const page = await context.newPage();
    await page.goto(url);
    return Window.shownIn(page, screenshots);
  }

  /** The window that a page shows, once it is drawn. */
  static async shownIn(page, screenshots) {
    await page.waitForSelector(".monaco-workbench", { timeout: 60_000 });
    return new Window(page, screenshots);
  }

  async shot(name, clip) {
    this.#shots += 1;
    const number = String(this.#shots).padStart(2, "0");
    const path = join(this.screenshots, `${number}-${name.replaceAll(/\W+/g, "-")}.png`);
    await this.page.screenshot({ path, ...(clip ? { clip } : {}) });
  }

  press(...keys) {
    return keys.reduce(
      (done, key) => done.then(() => this.page.keyboard.press(key)),
      Promise.resolve(),
    );
  }

  /** As a person types: ghost text comes for that only. */
  type(text, delay = 60) {
    return this.page.keyboard.type(text, { delay });
  }

  /** All at once, where how it is typed does not count. */
  insert(text) {
    return this.page.keyboard.insertText(text);
  }

  count(selector) {
    return this.page.locator(selector).count();
  }

  texts(selector) {
    return this.page.locator(selector).allTextContents();
  }

  async quickInput(keys, text) {
    await this.press(keys);
    await until(() => this.count(".quick-input-widget input:focus"), "the input");
    await this.insert(text);
  }

  /** By its path, or the end of it. */
  async openFile(path) {
    const name = path.split("/").at(-1);
    await this.quickInput("Control+P", path);
    const first = this.page.locator(".quick-input-list .monaco-list-row .label-name").first();
    await until(async () => (await first.textContent().catch(() => "")) === name, name);
    await this.press("Enter");
    const shown = this.page.locator(".tab.active .label-name");
    await until(
      async () => (await shown.textContent().catch(() => "")) === name,
      `${name} in front`,
    );
    await this.page.locator(".editor-group-container.active .monaco-editor.focused").waitFor();
  }

  async command(title) {
    await this.quickInput("F1", title);
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    await row.waitFor();
    await this.press("Enter");
  }

  async goTo(line, column = 1) {
    await this.quickInput("Control+G", `:${line}:${column}`);
    await this.press("Enter");
    await until(
      async () => (await this.position()) === `Ln ${line}, Col ${column}`,
      `line ${line}`,
    );
  }

  /** To the end of a file of several lines; a key that comes before the editor listens is lost. */
  async toEnd() {
    await until(async () => {
      await this.press("Control+End");
      return !(await this.position()).startsWith("Ln 1,");
    }, "the end of the file");
  }

  /** As the status bar has it: `Ln 3, Col 5`, and what is selected. */
  async position() {
    const item = this.page.locator("#status\\.editor\\.selection");
    return ((await item.textContent()) ?? "").replaceAll("\u00a0", " ").trim();
  }

  /** The label of a status item, which screen readers speak. */
  async status(id) {
    const item = this.page.locator(`[id="lacuna.lacuna.lacuna.${id}"], [id="lacuna.lacuna.${id}"]`);
    const label = item.first().locator("[aria-label]");
    const own = await item
      .first()
      .getAttribute("aria-label", { timeout: 1000 })
      .catch(() => null);
    return (
      own ??
      (await label
        .first()
        .getAttribute("aria-label", { timeout: 1000 })
        .catch(() => ""))
    );
  }

  async save() {
    await this.press("Control+S");
    await until(async () => (await this.count(".tab.active.dirty")) === 0, "the file is saved");
  }

  /** A piece for each of its lines. */
  async ghostText() {
    const parts = await this.texts(".ghost-text-decoration, .ghost-text");
    return parts.join(" / ").replaceAll("\u00a0", " ");
  }

  /** Takes back what was not saved. */
  async revert() {
    await this.press("Escape", "Escape");
    await this.command("File: Revert File");
    await until(async () => (await this.count(".tab.active.dirty")) === 0, "the file as it was");
  }

  /** Until the server is there and the folder trusted. */
  async ready() {
    await until(
      async () => /which you trust/.test(await this.status("status")),
      "the server",
      120_000,
    );
  }

  /** Until no progress has been shown for a while: what a save has set off is over. */
  async settled() {
    let since = performance.now();
    await until(
      async () => {
        if ((await this.count("#status\\.progress")) > 0) {
          since = performance.now();
        }
        return performance.now() - since > 2500;
      },
      "rest",
      120_000,
    );
  }

  /** How many errors the open files have, by the status bar. */
  async errors() {
    const text = await this.page.locator("#status\\.problems").textContent();
    return Number(/\d+/.exec(text ?? "")?.[0] ?? 0);
  }

  /** Takes the ghost text with Tab and visits its holes with Tab: where each of them stands. */
  async walkHoles() {
    const holes = await this.holes();
    await this.press("Tab");
    await until(async () => !(await this.ghostText()), "the accepted text");
    const walked = [];
    for (let hole = 0; hole < holes; hole += 1) {
      const at = await until(
        async () => {
          const position = await this.position();
          return !walked.includes(position) && position;
        },
        `hole ${hole + 1}`,
      );
      walked.push(at);
      await this.shot(`hole ${hole + 1}`);
      await this.press("Tab");
    }
    return walked;
  }

  /** How many holes the newest ghost text has, as the slider shows it. */
  async holes() {
    const item = this.page.locator('[id="lacuna.lacuna.lacuna.holes"], [id="lacuna.lacuna.holes"]');
    const text = await item
      .first()
      .textContent({ timeout: 1000 })
      .catch(() => "");
    return [...(text ?? "")].filter((each) => each === "▢").length;
  }

  /** Lines as they are shown, with what stands at their ends. */
  async lines() {
    const lines = await this.texts(".editor-group-container.active .view-lines .view-line");
    return lines.map((line) => line.replaceAll("\u00a0", " "));
  }

  /**
   * Titles of the menu, in its order, once it is as expected: opened again until then, for what is
   * found in the background is not in a menu that stands open.
   */
  async menu(isAsExpected = () => true, limit_ms = patience_ms) {
    // A newer VS Code has the widget twice.
    const rows = this.page.locator(".action-widget").first().locator(".monaco-list-row.action");
    return until(
      async () => {
        await this.press("Control+.");
        await rows
          .first()
          .waitFor({ timeout: 1000 })
          .catch(() => {});
        const titles = (await rows.allTextContents()).map((title) => title.trim());
        if (titles.length > 0 && isAsExpected(titles)) {
          return titles;
        }
        await this.press("Escape");
        return undefined;
      },
      "such a menu",
      limit_ms,
    );
  }

  /** The entry of an open menu, by keys. */
  async choose(titles, title) {
    await this.press(...titles.slice(0, titles.indexOf(title)).map(() => "ArrowDown"), "Enter");
  }
}
