/** A line of JSON for each feature, in the file that LACUNA_EDITOR_ROWS names, and a picture. */
import { appendFileSync } from "node:fs";

export function reporter(window, prefix = "") {
  return async (name, see) => {
    const begun = performance.now();
    let row;
    try {
      row = { ok: true, seen: String((await see()) ?? "") };
      await window.shot(name);
    } catch (error) {
      row = { ok: false, seen: error.message.split("\n")[0] };
      await window.shot(`FAILED ${name}`);
      // What it has left open must not take the next keys.
      await window.press("Escape", "Escape");
    }
    const seconds = (performance.now() - begun) / 1000;
    const line = JSON.stringify({ feature: prefix + name, seconds, ...row });
    appendFileSync(process.env.LACUNA_EDITOR_ROWS, `${line}\n`);
  };
}
