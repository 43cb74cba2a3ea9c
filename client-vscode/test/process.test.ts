import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { type RunOptions, run } from "../src/process";

function options(changes: Partial<RunOptions> = {}): RunOptions {
  const signal = new AbortController().signal;
  return { cwd: tmpdir(), env: process.env, signal, log: () => {}, ...changes };
}

function node(source: string) {
  return { program: process.execPath, args: ["-e", source] };
}

test("stdout, stderr and the exit code come back", async () => {
  const { exitCode, output } = await run(
    node("console.log('out'); console.error('err'); process.exitCode = 3"),
    options(),
  );
  expect(exitCode).toBe(3);
  expect(output).toContain("out");
  expect(output).toContain("err");
});

test("a program that is not there has no exit code", async () => {
  const { exitCode, output } = await run({ program: "no-such-program", args: [] }, options());
  expect(exitCode).toBeUndefined();
  expect(output).toContain("no-such-program");
});

test("cancelling stops a program that hangs", async () => {
  const cancelled = new AbortController();
  const log = (line: string): void => {
    if (line === "hanging") {
      cancelled.abort();
    }
  };
  const hang = node("console.log('hanging'); setInterval(() => {}, 1000)");
  const running = run(hang, options({ signal: cancelled.signal, log }));
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
});
