import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // VS Code gives the module `vscode` to extensions only; the tests bring their own.
    alias: { vscode: fileURLToPath(new URL("test/fake_vscode.ts", import.meta.url)) },
  },
});
