/**
 * Runs tests inside the extension host of a trusted window: what VS Code's own tests of extensions
 * do by options of its program, a page does by its payload.
 */
export async function testInHost(context, { address, workspace, extension, tests }) {
  const authority = new URL(address).host;
  const remote = (path) => `vscode-remote://${authority}${path}`;
  const payload = [
    ["extensionDevelopmentPath", remote(extension)],
    ["extensionTestsPath", remote(tests)],
    ["skipWelcome", "true"],
  ];
  const page = await context.newPage();
  const ended = new Promise((resolve) => {
    page.exposeFunction("codeAutomationLog", (level, args) => {
      if (level === "error") {
        console.error(...args);
      }
    });
    page.exposeFunction("codeAutomationExit", resolve);
  });
  const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
  await page.goto(`${address}/?${query}`);
  const status = await ended;
  await page.close();
  return status;
}
