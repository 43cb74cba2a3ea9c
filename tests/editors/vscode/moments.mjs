/**
 * The three moments that should feel like magic, by keys, on public projects that nobody prepared.
 *
 *     node moments.mjs PROGRAMS ADDRESS PROJECTS FOLDER
 *
 * PROJECTS is a JSON list of what `projects.py` has, each with its root. Times are seconds on this
 * machine, as a user sees them.
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

async function visit({ name, root, file, right, wrong, typed, doubted, long }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const url = `${address}/?${new URLSearchParams({ folder: root })}`;
  const window = await Window.open(context, url, join(folder, "pictures", name));
  const feature = reporter(window, `${name}: `);
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  const place = lines.findIndex((line) => line.trim() === right);
  let known = 0;
  await window.page
    .locator(".monaco-dialog-box .monaco-button", { hasText: "Yes, I trust" })
    .click();

  // Examples in documentation may need what is not installed: they are red before anything is typed.
  await feature("1: the first save", async () => {
    await window.openFile(file);
    await window.ready();
    await window.save();
    await window.settled();
    known = await window.errors();
    return `${known} diagnostics`;
  });

  await feature("1: a slip is saved and red; Ctrl+. and Enter turn it green", async () => {
    await window.goTo(place + 1, lines[place].length + 1);
    // That selects to where the code begins.
    await window.press("Shift+Home");
    await window.insert(wrong);
    const laps = [];
    let since = performance.now();
    const lap = (what) => laps.push(`${what} ${((performance.now() - since) / 1000).toFixed(2)} s`);
    await window.save();
    await until(async () => (await window.errors()) > known, "red", 60_000);
    lap("red");
    const isFix = (titles) => /^Fix: .*tests? pass/.test(titles[0]);
    const [title] = await window.menu(isFix);
    lap("fix in the menu");
    await window.shot("fix");
    await window.press("Escape");
    since = performance.now();
    await window.menu(isFix);
    lap("menu opens");
    await window.press("Enter");
    await until(() => window.count(".tab.active.dirty"), "the edit");
    since = performance.now();
    await window.save();
    await until(async () => (await window.errors()) === known, "green");
    lap("green");
    return `${title}; ${laps.join(", ")}`;
  });

  /** Types the code at the end of the file; what was offered, and when, after the last key. */
  const offered = async (code) => {
    await window.toEnd();
    const [, above, line] = /^(.*\n)(.*)$/s.exec(code);
    await window.insert(`\n\n${above}`);
    await window.type(line);
    const since = performance.now();
    const text = await until(() => window.ghostText(), "ghost text", 5000).catch(() => "");
    return { text, told: `${text} after ${((performance.now() - since) / 1000).toFixed(2)} s` };
  };

  await feature("2: ghost text, Tab takes it, Tab visits its doubts", async () => {
    const seen = [];
    for (const code of typed) {
      const { text, told } = await offered(code);
      if (text) {
        await window.shot("ghost text");
        seen.push(`${told}, ${(await window.walkHoles()).length} holes`);
      }
      await window.revert();
    }
    if (seen.length === 0) {
      throw new Error("no ghost text");
    }
    return seen.join("; ");
  });

  if (doubted.length > 0) {
    await feature("by keyboard alone: ghost text with three holes is walked", async () => {
      const seen = [];
      for (const code of doubted) {
        const { text } = await offered(code);
        const walked = text ? await window.walkHoles() : [];
        await window.revert();
        if (walked.length >= 3) {
          return `${text}: ${walked.join("; ")}`;
        }
        seen.push(`${walked.length} in ${text}`);
      }
      throw new Error(`too few holes: ${seen.join(", ")}`);
    });
  }

  await feature("3: nothing selected in a long function: an extraction by name", async () => {
    const isExtraction = (title) => /^Extract lines/.test(title);
    await window.goTo(lines.findIndex((line) => line.includes(long)) + 1, 9);
    await window.menu((titles) => titles.some(isExtraction));
    await window.press("Escape");
    let since = performance.now();
    const titles = await window.menu((shown) => shown.some(isExtraction));
    const opened_s = (performance.now() - since) / 1000;
    await window.shot("extractions");
    since = performance.now();
    const title = titles.find(isExtraction);
    await window.choose(titles, title);
    await until(async () => /selections/.test(await window.position()), "the new name selected");
    const renamed_s = (performance.now() - since) / 1000;
    return `${title}; menu ${opened_s.toFixed(2)} s, under rename ${renamed_s.toFixed(2)} s later`;
  });

  await feature("3: still green", async () => {
    await window.press("Escape");
    await window.save();
    await window.settled();
    const left = await window.errors();
    if (left > known) {
      throw new Error(`${left} diagnostics`);
    }
    return `${left} diagnostics`;
  });
  await context.close();
}
