/** The languages, by VS Code's names, that the server is asked about. */
export const languages = [
  "python",
  "javascript",
  "javascriptreact",
  "typescript",
  "typescriptreact",
] as const;

/** Where documents come from that the server knows: files, what was never saved, notebooks' cells. */
const schemes = ["file", "untitled", "vscode-notebook-cell"] as const;

export const documentSelector = schemes.flatMap((scheme) =>
  languages.map((language) => ({ scheme, language })),
);
