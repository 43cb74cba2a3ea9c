// Bundles the extension into the one file that VS Code loads, beside the licences of what is in it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const extension = fileURLToPath(new URL("..", import.meta.url));
const maxBundleBytes = 600_000;

export async function bundle() {
  const { metafile } = await build({
    absWorkingDir: extension,
    entryPoints: ["src/extension.ts"],
    outfile: "out/extension.js",
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode"],
    minify: true,
    metafile: true,
    logLevel: "warning",
  });
  const { bytes } = metafile.outputs["out/extension.js"];
  if (bytes > maxBundleBytes) {
    throw new Error(`out/extension.js has ${bytes} bytes; the limit is ${maxBundleBytes}`);
  }
  writeFileSync(
    join(extension, "out", "third_party_licenses.txt"),
    licenses(Object.keys(metafile.inputs)),
  );
  console.log(`out/extension.js: ${bytes} bytes`);
}

function licenses(inputs) {
  const folders = inputs.flatMap(
    (input) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [],
  );
  return [...new Set(folders)].sort().map(license).join("\n\n");
}

function license(folder) {
  const place = join(extension, folder);
  const { name, version } = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
  const names = ["LICENSE", "LICENSE.md", "LICENSE.txt", "License.txt", "license.txt"];
  const file = names.map((candidate) => join(place, candidate)).find((path) => existsSync(path));
  if (file === undefined) {
    throw new Error(`${name} is bundled but carries no licence`);
  }
  return `${name} ${version}\n\n${readFileSync(file, "utf8").trim()}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundle();
}
