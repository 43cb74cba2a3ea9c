import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { version } from "../package.json";
import { pythonIn } from "../src/python";

const root = fileURLToPath(new URL("..", import.meta.url));
const python = pythonIn(join(root, "..", ".venv"), process.platform);

describe.skipIf(!existsSync(python))("the .vsix", () => {
  let folder: string;
  let names: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lacuna-vsix-"));
    const script = join(root, "scripts", "package.mjs");
    execFileSync(process.execPath, [script, folder], { cwd: root, stdio: "pipe" });
    const list = "import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep='\\n')";
    const file = join(folder, `lacuna-${version}.vsix`);
    names = execFileSync(python, ["-c", list, file], { encoding: "utf8" }).trim().split(/\r?\n/);
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("carries the bundle, this version's server, the licences, and nothing else", () => {
    expect(names.filter((name) => name.startsWith("extension/")).sort()).toEqual(
      [
        "LICENSE.txt",
        `bundled/lacuna_ls-${version}-py3-none-any.whl`,
        "changelog.md",
        "icon.png",
        "images/fix.png",
        "images/holes.png",
        "images/red.png",
        "out/extension.js",
        "out/third_party_licenses.txt",
        "package.json",
        "readme.md",
        "sample/.lacuna-sample",
        "sample/prices.py",
        "sample/test_prices.py",
        "walkthrough/sample.md",
        "walkthrough/yours.md",
      ].map((name) => `extension/${name}`),
    );
  });
});
