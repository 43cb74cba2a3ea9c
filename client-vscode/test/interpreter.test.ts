import { beforeEach, expect, test, vi } from "vitest";
import { ChosenInterpreters, usableInterpreter } from "../src/interpreter";
import { EventEmitter, installed, reset, workspace } from "./fake_vscode";

beforeEach(reset);

/** The Python extension as its public API shows it, with one environment chosen. */
function installPythonExtension(path: string) {
  const changes = new EventEmitter<unknown>();
  const environments = {
    getActiveEnvironmentPath: () => ({ path }),
    onDidChangeActiveEnvironmentPath: changes.event,
  };
  const activate = vi.fn(async () => ({ ready: Promise.resolve(), environments }));
  installed.set("ms-python.python", { isActive: false, activate });
  return { activate, changes };
}

test.each([
  ["/envs/a/bin/python", true],
  ["/envs/a/bin/python3.12", true],
  ["/opt/pypy/bin/pypy3", true],
  ["/envs/conda-without-python", false],
  ["python", false],
  ["", false],
])("%s can run tests: %s", (path, usable) => {
  expect(usableInterpreter(path)).toBe(usable ? path : undefined);
});

test("the chosen interpreter is known once the Python extension is ready", async () => {
  installPythonExtension("/envs/a/bin/python");
  const interpreters = new ChosenInterpreters();
  expect(interpreters.forResource(undefined)).toBeUndefined();
  const changed = vi.fn();
  interpreters.onDidChange(changed);
  await interpreters.connect();
  expect(changed).toHaveBeenCalledOnce();
  expect(interpreters.forResource(undefined)).toBe("/envs/a/bin/python");
});

test("choosing another interpreter is noticed", async () => {
  const { changes } = installPythonExtension("/envs/a/bin/python");
  const interpreters = new ChosenInterpreters();
  await interpreters.connect();
  const changed = vi.fn();
  interpreters.onDidChange(changed);
  changes.fire(undefined);
  expect(changed).toHaveBeenCalledOnce();
});

test("in an untrusted workspace the Python extension is not asked", async () => {
  const { activate } = installPythonExtension("/repository/.venv/bin/python");
  workspace.isTrusted = false;
  const interpreters = new ChosenInterpreters();
  await interpreters.connect();
  expect(activate).not.toHaveBeenCalled();
  expect(interpreters.forResource(undefined)).toBeUndefined();
});

test("without the Python extension nothing is chosen", async () => {
  const interpreters = new ChosenInterpreters();
  await interpreters.connect();
  expect(interpreters.forResource(undefined)).toBeUndefined();
});
