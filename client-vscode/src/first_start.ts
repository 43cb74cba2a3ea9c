/** The notification that says what the first start is doing, and lets the user cancel it. */
import * as vscode from "vscode";

export interface FirstStart {
  report(step: string): void;
  done(): void;
}

/** Opened with the first report: an environment that stands already needs no notification. */
export function openProgress(cancel: () => void): FirstStart {
  let latest = "";
  let shown: vscode.Progress<{ message: string }> | undefined;
  let done = (): void => {};
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: "Lacuna, first start",
    cancellable: true,
  };
  void vscode.window.withProgress(options, (progress, token) => {
    token.onCancellationRequested(cancel);
    shown = progress;
    progress.report({ message: latest });
    return finished;
  });
  return {
    report: (step) => {
      latest = step;
      shown?.report({ message: step });
    },
    done,
  };
}
