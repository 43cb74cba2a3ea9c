/** How the server is started; nothing here knows VS Code. */

export interface ServerCommand {
  readonly command: string;
  readonly args: string[];
  readonly options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv };
}

/** `-I`: neither the folder nor the user's PYTHON variables can put modules in the server's way. */
export function serverCommand(
  python: string,
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): ServerCommand {
  return { command: python, args: ["-I", "-m", "lacuna_ls"], options: { cwd, env } };
}
