/**
 * The three moments that should feel like magic, by keys, on public projects that nobody prepared.
 *
 *     node moments.mjs PROGRAMS ADDRESS PROJECTS FOLDER
 *
 * PROJECTS is a JSON list: name, root, and what is typed where. Times are seconds on this machine.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch, until, Window } from "./page.mjs";
import { reporter } from "./rows.mjs";

const [programs, address, projects, folder] = process.argv.slice(2);
const browser = await launch(programs);

for (const project of JSON.parse(readFileSync(projects, "utf8"))) {
  await visit(project);
}
await browser.close();

async function visit({ name, root, bug, begun, long }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const url = `${address}/?${new URLSearchParams({ folder: root })}`;
  const window = await Window.open(context, url, join(folder, "pictures", name));
  const feature = reporter(window, `${name}: `);
  const lineOf = (file, text) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .findIndex((line) => line.includes(text)) + 1;
  const dialog = window.page.locator(".monaco-dialog-box .monaco-button", {
    hasText: "Yes, I trust",
  });
  await dialog.click();

  await feature("save turns red, Ctrl+. and Enter turn it green", async () => {
    await window.openFile(bug.file);
    await until(async () => /which you trust/.test(await window.status("status")), "the server");
    const line = lineOf(bug.file, bug.line);
    const column = readFileSync(join(root, bug.file), "utf8").split("\n")[line - 1].length + 1;
    await window.goTo(line, column);
    await window.press("Shift+Home");
    // That selects to where the code begins.
    await window.insert(bug.line.trim().replace(bug.right, bug.wrong));
    const times = [];
    let since = performance.now();
    const lap = (what) => {
      times.push(`${what} ${((performance.now() - since) / 1000).toFixed(2)} s`);
    };
    await window.save();
    await until(() => window.count(".squiggly-error"), "red", 120_000);
    lap("red");
    const isFix = (titles) => /^Fix: .*tests? pass/.test(titles[0]);
    const [title] = await window.menu(isFix);
    lap("fix in the menu");
    await window.press("Escape");
    since = performance.now();
    await window.menu(isFix);
    lap("menu");
    await window.press("Enter");
    await until(() => window.count(".tab.active.dirty"), "the edit");
    since = performance.now();
    await window.save();
    await until(async () => (await window.count(".squiggly-error")) === 0, "green");
    lap("green");
    return `${title}; ${times.join(", ")}`;
  });

  await feature("ghost text is taken with Tab, its doubts visited with Tab", async () => {
    await window.openFile(begun.file);
    await window.toEnd();
    await window.insert(`\n\n${begun.above}`);
    const [text, seconds] = await firstGhostText(window, begun.typed);
    const holes = await window.holes();
    await window.press("Tab");
    for (let hole = 0; hole < holes; hole += 1) {
      await until(async () => /selected/.test(await window.position()), `hole ${hole + 1}`);
      await window.press("Tab");
    }
    return `${text}; ${holes} holes; ${seconds.toFixed(2)} s after the last key`;
  });

  await feature("nothing selected in a long function: an extraction by name", async () => {
    await window.openFile(long.file);
    await window.goTo(lineOf(long.file, long.line), 9);
    const since = performance.now();
    const titles = await window.menu((shown) => shown.some((each) => /^Extract lines/.test(each)));
    const seconds = (performance.now() - since) / 1000;
    const title = titles.find((each) => /^Extract lines/.test(each));
    await window.choose(titles, title);
    await until(async () => /selections/.test(await window.position()), "the new name selected");
    return `${title}; menu ${seconds.toFixed(2)} s`;
  });
  await context.close();
}

/** Which beginning of a line leaves the model sure enough depends on the model. */
async function firstGhostText(window, beginnings) {
  for (const typed of beginnings) {
    await window.type(typed);
    const since = performance.now();
    const text = await until(() => window.ghostText(), "ghost text", 5000).catch(() => "");
    if (text) {
      return [text, (performance.now() - since) / 1000];
    }
    await window.press("Home", "Home", "Shift+End", "Delete");
  }
  throw new Error("no ghost text");
}
