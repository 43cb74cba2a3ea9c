// Builds client-vscode/lacuna-<version>.vsix: the bundle plus the server's wheel, both of this
// checkout; another folder can be named. Works without a network once the dependencies of both halves are installed.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVSIX } from "@vscode/vsce";
import { bundle } from "./bundle.mjs";

const extension = fileURLToPath(new URL("..", import.meta.url));
const repository = fileURLToPath(new URL("../..", import.meta.url));
const target = process.argv[2] ?? extension;
const { version } = JSON.parse(readFileSync(join(extension, "package.json"), "utf8"));

function developmentPython() {
  const candidates = [join(".venv", "bin", "python"), join(".venv", "Scripts", "python.exe")];
  const found = candidates.map((path) => join(repository, path)).find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error("no .venv in the repository: run `make setup` first, it installs hatchling");
  }
  return found;
}

function buildWheel() {
  const bundled = join(extension, "bundled");
  rmSync(bundled, { recursive: true, force: true });
  execFileSync(
    developmentPython(),
    ["-m", "hatchling", "build", "--target", "wheel", "--directory", bundled],
    { cwd: repository, stdio: "inherit" },
  );
  const wheel = join(bundled, `lacuna_ls-${version}-py3-none-any.whl`);
  if (!existsSync(wheel)) {
    throw new Error(`the server built from this checkout is not version ${version}`);
  }
}

buildWheel();
await bundle();
copyFileSync(join(repository, "LICENSE"), join(extension, "LICENSE"));
await createVSIX({
  cwd: extension,
  packagePath: join(target, `lacuna-${version}.vsix`),
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
