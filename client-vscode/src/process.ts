/** Runs a program to its end; nothing here knows VS Code. */
import { spawn } from "node:child_process";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface RunOptions {
  /** Never a folder of the user's: programs must not pick up files lying there. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** `exitCode` is undefined when the program could not be started or was stopped by a signal. */
export interface Outcome {
  readonly exitCode: number | undefined;
  readonly output: string;
}

export type Run = (command: Command, options: RunOptions) => Promise<Outcome>;

/** Stdout and stderr together become `output`. Rejects only when `signal` aborts. */
export const run: Run = ({ program, args }, { cwd, env, signal, log }) => {
  signal.throwIfAborted();
  log(`> ${[program, ...args].join(" ")}`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, signal, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk: string): void => {
      output += chunk;
      log(chunk.trimEnd());
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    child.on("error", (error) => {
      if (signal.aborted) {
        reject(error);
      } else {
        resolve({ exitCode: undefined, output: `${output}${error.message}` });
      }
    });
    child.on("close", (code) => resolve({ exitCode: code ?? undefined, output }));
  });
};
