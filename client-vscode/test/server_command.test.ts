import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { version } from "../package.json";
import { pythonIn } from "../src/python";
import { serverCommand } from "../src/server_command";

const environment = fileURLToPath(new URL("../../.venv", import.meta.url));
const python = pythonIn(environment, process.platform);

test.skipIf(!existsSync(python))("the command line starts this version's server", async () => {
  const { command, args, options } = serverCommand(python, tmpdir());
  const server = spawn(command, args, { ...options, stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(server, "exit");
  const died = exited.then(([code]) => Promise.reject(new Error(`the server exited with ${code}`)));
  const connection = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  try {
    connection.listen();
    const initializing = connection.sendRequest<{ serverInfo: unknown }>("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
      initializationOptions: { trustedFolders: [] },
    });
    const initialized = await Promise.race([initializing, died]);
    expect(initialized.serverInfo).toEqual({ name: "lacuna-ls", version });
    await connection.sendNotification("initialized", {});
    await Promise.race([connection.sendRequest("shutdown"), died]);
    await connection.sendNotification("exit");
    expect(await exited).toEqual([0, null]);
  } finally {
    connection.dispose();
    server.kill();
  }
});
