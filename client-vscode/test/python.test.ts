import { describe, expect, test } from "vitest";
import {
  buildEnvironment,
  probeCommand,
  pythonCandidates,
  pythonIn,
  pythonMend,
  usability,
} from "../src/python";

describe("which Python makes the environment", () => {
  test("Windows asks the launcher first, then the PATH", () => {
    const candidates = pythonCandidates("win32").map(({ program, args }) => [program, ...args]);
    expect(candidates.at(0)).toEqual(["py", "-3.14"]);
    expect(candidates.at(-1)).toEqual(["python"]);
  });

  test.each(["linux", "darwin"] as const)("%s asks for python3 first", (platform) => {
    expect(pythonCandidates(platform).at(0)).toEqual({ program: "python3", args: [] });
  });

  test("a probe is isolated from the folder and from the user's variables", () => {
    expect(probeCommand({ program: "py", args: ["-3.12"] }).args.slice(0, 3)).toEqual([
      "-3.12",
      "-I",
      "-c",
    ]);
  });

  test.each([
    [{ exitCode: 0, output: "3.11 True\n" }, "usable"],
    [{ exitCode: 0, output: "3.14 True\r\n" }, "usable"],
    [{ exitCode: 0, output: "3.11 False\n" }, "withoutVenv"],
    [{ exitCode: 0, output: "3.10 True\n" }, "unusable"],
    [{ exitCode: 0, output: "2.7 True\n" }, "unusable"],
    [{ exitCode: 9009, output: "Python was not found" }, "unusable"],
    [{ exitCode: undefined, output: "spawn python3 ENOENT" }, "unusable"],
  ] as const)("%o is %s", (outcome, expected) => {
    expect(usability(outcome)).toBe(expected);
  });

  test.each([
    ["linux", "sudo apt install python3"],
    ["darwin", "brew install python"],
    ["win32", "winget install"],
  ] as const)("without a Python on %s the mend names %s", (platform, mend) => {
    expect(pythonMend(platform, false)).toContain("3.11 or newer");
    expect(pythonMend(platform, false)).toContain(mend);
  });

  test("a Python without venv has a mend of its own", () => {
    expect(pythonMend("linux", true)).toContain("apt install python3-venv");
  });
});

describe("the environment for building", () => {
  test("leaves out what lies in the user's folders, and relative entries", () => {
    const env = { PATH: "/project/.venv/bin:/usr/bin:.:/project:/project-tools/bin:/..data" };
    expect(buildEnvironment(env, ["/project"], "linux")).toEqual({
      PATH: "/usr/bin:/project-tools/bin:/..data",
    });
  });

  test("reads Windows paths as Windows does", () => {
    const env = { Path: "C:\\Work\\App\\.venv\\Scripts;C:\\Python312;D:\\tools" };
    expect(buildEnvironment(env, ["c:\\work\\app"], "win32")).toEqual({
      Path: "C:\\Python312;D:\\tools",
    });
  });

  test("leaves out what would lead Python or pip elsewhere, and keeps the user's index", () => {
    const env = {
      PYTHONHOME: "/elsewhere",
      PYTHONPATH: "/project",
      VIRTUAL_ENV: "/project/.venv",
      PIP_TARGET: "/elsewhere",
      PIP_INDEX_URL: "file:///index",
      HTTPS_PROXY: "proxy",
    };
    expect(buildEnvironment(env, [], "linux")).toEqual({
      PIP_INDEX_URL: "file:///index",
      HTTPS_PROXY: "proxy",
    });
  });
});

test.each([
  ["linux", "/storage/server", "/storage/server/bin/python"],
  ["darwin", "/storage/server", "/storage/server/bin/python"],
  ["win32", "C:\\storage\\server", "C:\\storage\\server\\Scripts\\python.exe"],
] as const)("the interpreter of an environment on %s", (platform, directory, python) => {
  expect(pythonIn(directory, platform)).toBe(python);
});
