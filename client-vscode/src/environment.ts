/**
 * The server's own environment: made on first start from the wheel inside the extension, in the
 * extension's storage, never in the user's.
 *
 * An environment is built under a temporary name and renamed when it is complete, so a folder
 * under its final name is always whole, also when two windows start at once or one is killed.
 * The final name holds the wheel's digest: a new server is a new environment.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  access,
  constants,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
} from "node:fs/promises";
import { join } from "node:path";
import type { Command, Outcome, Run, RunOptions } from "./process";
import { probeCommand, pythonCandidates, pythonIn, pythonMend, usability } from "./python";

const prefix = "server-";
/** Older windows may still run an older server: its environment is kept while it is in use. */
const keptUnusedDays = 7;

/** The message says what happened and what the user can do. */
export class EnvironmentError extends Error {}

export interface EnvironmentRequest {
  /** A folder of the extension's own; created if need be. */
  readonly storage: string;
  readonly wheel: string;
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly now: Date;
  readonly log: (line: string) => void;
  /** Told the step in words; called only when there is something to build. */
  readonly report: (step: string) => void;
  readonly run: Run;
}

/** Gives the path of a Python that can run the server. Raises `EnvironmentError`. */
export async function ensureEnvironment(request: EnvironmentRequest): Promise<string> {
  const { storage, wheel, platform, now } = request;
  const directory = join(storage, environmentName(await readFile(wheel)));
  if (!(await isExecutable(pythonIn(directory, platform)))) {
    await build(request, directory);
  }
  await utimes(directory, now, now);
  await removeUnused(storage, now);
  return pythonIn(directory, platform);
}

/** One name for one server, whatever its version says. */
export function environmentName(wheel: Uint8Array): string {
  return prefix + createHash("sha256").update(wheel).digest("hex").slice(0, 16);
}

async function build(request: EnvironmentRequest, directory: string): Promise<void> {
  const { storage, log, platform } = request;
  await mkdir(storage, { recursive: true });
  const unfinished = join(storage, `unfinished-${randomUUID()}`);
  let failure: string | undefined;
  try {
    for await (const tool of findTools(request)) {
      failure = await install(tool, unfinished, request);
      if (failure === undefined) {
        await putInPlace(unfinished, directory, platform);
        log(`The server's environment is ${directory}`);
        return;
      }
      await rm(unfinished, { recursive: true, force: true });
    }
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  throw new EnvironmentError(
    `Lacuna could not install its server: ${failure} ` +
      "Check that your package index can be reached, then run “Lacuna: Restart Server”.",
  );
}

/** The last line of what failed; undefined when nothing did. */
async function install(
  tool: Tool,
  directory: string,
  request: EnvironmentRequest,
): Promise<string | undefined> {
  for (const [step, command] of buildCommands(tool, directory, request)) {
    request.report(step);
    const { exitCode, output } = await attempt(command, request);
    if (exitCode !== 0) {
      return output.trim().split(/\r?\n/).at(-1) ?? "";
    }
  }
  return undefined;
}

/** What makes the environment: uv, or a Python with venv and pip. */
export type Tool = { readonly kind: "uv" } | { readonly kind: "venv"; readonly python: Command };

/** The steps, each with the words that the user sees meanwhile. */
export function buildCommands(
  tool: Tool,
  directory: string,
  { wheel, platform }: { wheel: string; platform: NodeJS.Platform },
): readonly (readonly [string, Command])[] {
  const python = pythonIn(directory, platform);
  const making = "making an environment";
  const installing = "installing the server";
  if (tool.kind === "uv") {
    const install = ["pip", "install", "--compile-bytecode", "--python", python, wheel];
    return [
      [making, { program: "uv", args: ["venv", "--no-project", "--python", ">=3.11", directory] }],
      [installing, { program: "uv", args: install }],
    ];
  }
  const { program, args } = tool.python;
  const install = [
    "-I",
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-input",
    wheel,
  ];
  return [
    [making, { program, args: [...args, "-I", "-m", "venv", directory] }],
    [installing, { program: python, args: install }],
  ];
}

/**
 * uv first, as it is faster; then pip, which may know an index that uv does not. Raises
 * `EnvironmentError` where neither is there.
 */
async function* findTools(request: EnvironmentRequest): AsyncGenerator<Tool> {
  const uv = await attempt({ program: "uv", args: ["--version"] }, request);
  if (uv.exitCode === 0) {
    yield { kind: "uv" };
  }
  let sawPythonWithoutVenv = false;
  for (const python of pythonCandidates(request.platform)) {
    const found = usability(await attempt(probeCommand(python), request));
    if (found === "usable") {
      yield { kind: "venv", python };
      return;
    }
    sawPythonWithoutVenv ||= found === "withoutVenv";
  }
  if (uv.exitCode !== 0) {
    throw new EnvironmentError(pythonMend(request.platform, sawPythonWithoutVenv));
  }
}

function attempt(command: Command, request: EnvironmentRequest): Promise<Outcome> {
  const { storage: cwd, env, signal, log } = request;
  const options: RunOptions = { cwd, env, signal, log };
  return request.run(command, options);
}

async function putInPlace(built: string, place: string, platform: NodeJS.Platform): Promise<void> {
  try {
    await rename(built, place);
  } catch (error) {
    if (await isExecutable(pythonIn(place, platform))) {
      return; // another window was faster; its environment is the same
    }
    // A leftover whose Python is gone, say after an upgrade of the system's.
    await rm(place, { recursive: true, force: true });
    await rename(built, place).catch(() => {
      throw error;
    });
  }
}

async function removeUnused(storage: string, now: Date): Promise<void> {
  const oldest_ms = now.getTime() - keptUnusedDays * 24 * 60 * 60 * 1000;
  const ours = (await readdir(storage)).filter((name) => /^(server|unfinished)-/.test(name));
  for (const path of ours.map((name) => join(storage, name))) {
    try {
      if ((await stat(path)).mtimeMs < oldest_ms) {
        await rm(path, { recursive: true, force: true });
      }
    } catch {
      // Another window removes it too, or Windows has it in use: it stays for the next start.
    }
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
