/** Finds a Python that the server's own environment can be made from. */
import { posix, win32 } from "node:path";
import type { Command, Outcome } from "./process";

export const oldestPython = "3.11";

/** Commands to try, the most likely first. On Windows `py` knows every installed Python. */
export function pythonCandidates(platform: NodeJS.Platform): readonly Command[] {
  const numbered = ["3.14", "3.13", "3.12", "3.11"];
  if (platform === "win32") {
    return [
      ...numbered.map((version) => ({ program: "py", args: [`-${version}`] })),
      { program: "python", args: [] },
    ];
  }
  return ["python3", ...numbered.map((version) => `python${version}`)].map((program) => ({
    program,
    args: [],
  }));
}

const probeSource =
  "import importlib.util as u, sys; " +
  "print('%d.%d' % sys.version_info[:2], bool(u.find_spec('ensurepip') and u.find_spec('venv')))";

/** `-I`: neither the folder it runs in nor the user's PYTHON variables are looked at. */
export function probeCommand({ program, args }: Command): Command {
  return { program, args: [...args, "-I", "-c", probeSource] };
}

export type Usability = "usable" | "withoutVenv" | "unusable";

/** Reads what `probeCommand` printed. */
export function usability({ exitCode, output }: Outcome): Usability {
  const [, minor, hasVenv] = /^3\.(\d+) (True|False)\s*$/.exec(output) ?? [];
  if (exitCode !== 0 || minor === undefined || Number(minor) < 11) {
    return "unusable";
  }
  return hasVenv === "True" ? "usable" : "withoutVenv";
}

/** What the user can do when no candidate was usable. */
export function pythonMend(platform: NodeJS.Platform, sawPythonWithoutVenv: boolean): string {
  if (sawPythonWithoutVenv) {
    return (
      "The Python found here cannot make virtual environments. " +
      "Install its venv module (on Debian and Ubuntu: sudo apt install python3-venv) or uv."
    );
  }
  const install =
    platform === "win32"
      ? "winget install Python.Python.3.13"
      : platform === "darwin"
        ? "brew install python"
        : "for example: sudo apt install python3 python3-venv";
  return `Lacuna needs Python ${oldestPython} or newer on the PATH. Install it (${install}) or uv.`;
}

/**
 * The environment for building: PATH without what lies in the user's folders, and without the
 * variables that would lead Python or pip somewhere else.
 */
export function buildEnvironment(
  env: NodeJS.ProcessEnv,
  workspaceFolders: readonly string[],
  platform: NodeJS.Platform,
): NodeJS.ProcessEnv {
  const misleading = /^(PYTHON.*|VIRTUAL_ENV|CONDA_PREFIX|PIP_(TARGET|PREFIX|ROOT|USER))$/i;
  const kept = Object.entries(env).filter(([name]) => !misleading.test(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      name.toUpperCase() === "PATH" ? pathOutside(value ?? "", workspaceFolders, platform) : value,
    ]),
  );
}

function pathOutside(path: string, folders: readonly string[], platform: NodeJS.Platform): string {
  const { delimiter, isAbsolute, relative, sep } = pathsOf(platform);
  const lies = (folder: string, entry: string): boolean => {
    const rest = relative(folder, entry);
    return !isAbsolute(rest) && rest !== ".." && !rest.startsWith(`..${sep}`);
  };
  return path
    .split(delimiter)
    .filter((entry) => isAbsolute(entry) && !folders.some((folder) => lies(folder, entry)))
    .join(delimiter);
}

function pathsOf(platform: NodeJS.Platform): typeof posix {
  return platform === "win32" ? win32 : posix;
}

/** The interpreter of a virtual environment. */
export function pythonIn(environment: string, platform: NodeJS.Platform): string {
  const inside = platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  return pathsOf(platform).join(environment, ...inside);
}
