/** What the server's own command line does better than a menu: shown in a terminal, as a task. */
import * as vscode from "vscode";
import { serverCommand } from "./server_command";

/** Runs `lacuna-ls ...`; its terminal stays until the user closes it. */
export async function runInTerminal(
  python: string,
  cwd: string,
  title: string,
  further: readonly string[],
): Promise<void> {
  const { command, args } = serverCommand(python, cwd);
  const task = new vscode.Task(
    { type: "process" },
    vscode.TaskScope.Workspace,
    title,
    "Lacuna",
    new vscode.ProcessExecution(command, [...args, ...further], { cwd }),
  );
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, focus: true, clear: true };
  await vscode.tasks.executeTask(task);
}
