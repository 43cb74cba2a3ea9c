import { chmod, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildCommands, type EnvironmentRequest, ensureEnvironment } from "../src/environment";
import type { Command, Outcome, Run } from "../src/process";

const succeeded: Outcome = { exitCode: 0, output: "" };
const notFound: Outcome = { exitCode: undefined, output: "spawn ENOENT" };

let root: string;
let wheel: string;
let ran: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lacuna test é "));
  wheel = join(root, "lacuna_ls-0.1.0-py3-none-any.whl");
  await writeFile(wheel, "one server");
  ran = [];
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function putPython(environment: string): Promise<void> {
  const python = join(environment, "bin", "python");
  await mkdir(dirname(python), { recursive: true });
  await writeFile(python, "");
  await chmod(python, 0o755);
}

/** A machine where programs do what they say; `answers` overrides a program's outcome. */
function machine(answers: (command: Command) => Outcome | undefined = () => undefined): Run {
  return async (command) => {
    const line = [command.program, ...command.args].join(" ");
    ran.push(line);
    const answer = answers(command);
    if (answer) {
      return answer;
    }
    if (/ (-m )?venv /.test(line)) {
      await putPython(command.args.at(-1) ?? "");
    }
    return line.includes(" -c ") ? { exitCode: 0, output: "3.11 True\n" } : succeeded;
  };
}

const withoutUv = machine((command) => (command.program === "uv" ? notFound : undefined));

function request(changes: Partial<EnvironmentRequest> = {}): EnvironmentRequest {
  return {
    storage: join(root, "storage"),
    wheel,
    platform: "linux",
    env: {},
    signal: new AbortController().signal,
    now: new Date(),
    log: () => {},
    report: () => {},
    run: machine(),
    ...changes,
  };
}

function storedNames(): Promise<string[]> {
  return readdir(join(root, "storage"));
}

describe("the first start", () => {
  test("makes the environment with uv where uv is", async () => {
    const python = await ensureEnvironment(request());
    expect(ran.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "uv --version",
      "uv venv",
      "uv pip",
    ]);
    expect(await storedNames()).toEqual([dirname(dirname(python)).split("/").at(-1)]);
  });

  test("makes it with venv and pip where uv is not", async () => {
    await ensureEnvironment(request({ run: withoutUv }));
    expect(ran.some((line) => line.startsWith("python3 -I -m venv "))).toBe(true);
    expect(ran.at(-1)).toMatch(/\/bin\/python -I -m pip install .*\.whl$/);
  });

  test("tells its steps", async () => {
    const steps: string[] = [];
    await ensureEnvironment(request({ report: (step) => steps.push(step) }));
    expect(steps).toEqual(["making an environment", "installing the server"]);
  });

  test("in two windows at once gives both the same environment", async () => {
    const pythons = await Promise.all([ensureEnvironment(request()), ensureEnvironment(request())]);
    expect(pythons[0]).toBe(pythons[1]);
    expect(await storedNames()).toHaveLength(1);
  });

  test("names the mend where no Python is new enough", async () => {
    const run = machine(() => notFound);
    await expect(ensureEnvironment(request({ run }))).rejects.toThrow(/Python 3\.11 or newer/);
  });

  test("falls back on pip where uv cannot reach the index", async () => {
    const run = machine(({ program, args }) =>
      program === "uv" && args.includes("pip") ? { exitCode: 2, output: "no index" } : undefined,
    );
    await ensureEnvironment(request({ run }));
    expect(ran.at(-1)).toMatch(/\/bin\/python -I -m pip install .*\.whl$/);
    expect(await storedNames()).toHaveLength(1);
  });

  test("leaves nothing behind when the installation fails, and says why", async () => {
    const offline = { exitCode: 1, output: "looking\nERROR: no route to the index\n" };
    const run = machine(({ args }) => (args.includes("pip") ? offline : undefined));
    await expect(ensureEnvironment(request({ run }))).rejects.toThrow(/no route to the index/);
    expect(await storedNames()).toEqual([]);
  });

  test("leaves nothing behind when it is cancelled", async () => {
    const cancelled = new AbortController();
    const run = machine(({ args }) => {
      if (args.includes("pip")) {
        cancelled.abort();
        cancelled.signal.throwIfAborted();
      }
      return undefined;
    });
    const starting = ensureEnvironment(request({ run, signal: cancelled.signal }));
    await expect(starting).rejects.toMatchObject({ name: "AbortError" });
    expect(await storedNames()).toEqual([]);
  });
});

describe("a later start", () => {
  beforeEach(async () => {
    await ensureEnvironment(request());
    ran = [];
  });

  test("runs nothing", async () => {
    await ensureEnvironment(request());
    expect(ran).toEqual([]);
  });

  test("makes a new environment for a new server", async () => {
    await writeFile(wheel, "another server");
    await ensureEnvironment(request());
    expect(ran).not.toEqual([]);
    expect(await storedNames()).toHaveLength(2);
  });

  test("repairs an environment whose Python is gone", async () => {
    const python = await ensureEnvironment(request());
    await rm(python);
    expect(await ensureEnvironment(request())).toBe(python);
    expect(ran).toContain("uv --version");
    expect(await storedNames()).toHaveLength(1);
  });

  test("removes an environment that no window has used for a week", async () => {
    const old = join(root, "storage", "server-old");
    await putPython(old);
    const eightDaysAgo = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
    await utimes(old, eightDaysAgo, eightDaysAgo);
    await ensureEnvironment(request());
    expect(await storedNames()).not.toContain("server-old");
  });

  test("is not held up by a leftover that cannot be removed", async () => {
    await symlink("nowhere", join(root, "storage", "server-gone"));
    await expect(ensureEnvironment(request())).resolves.toContain("python");
  });

  test("keeps what is not an environment", async () => {
    const notes = join(root, "storage", "notes");
    await mkdir(notes);
    await utimes(notes, 0, 0);
    await ensureEnvironment(request());
    expect(await storedNames()).toContain("notes");
  });
});

test("on Windows the server is installed with the environment's own python.exe", () => {
  const python = { program: "py", args: ["-3.13"] };
  const commands = buildCommands({ kind: "venv", python }, "C:\\storage\\new", {
    wheel: "C:\\extension\\server.whl",
    platform: "win32",
  });
  expect(commands.map(([, { program, args }]) => [program, ...args].join(" "))).toEqual([
    "py -3.13 -I -m venv C:\\storage\\new",
    "C:\\storage\\new\\Scripts\\python.exe -I -m pip install " +
      "--disable-pip-version-check --no-input C:\\extension\\server.whl",
  ]);
});
