/** The languages, by VS Code's names, that the server is asked about. */
export const languages = [
  "python",
  "javascript",
  "javascriptreact",
  "typescript",
  "typescriptreact",
] as const;
