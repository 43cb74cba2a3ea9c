/** What the server is told about the user's settings. */

export const section = "lacuna";

/** Plain data, as VS Code keeps it under `lacuna`; only what is looked at here is named. */
export interface Settings {
  readonly interpreter?: unknown;
}

/**
 * The answer to one item of `workspace/configuration`: the user's own value, and where the user
 * named no interpreter, the one that the Python extension has chosen for that folder.
 */
export function withInterpreter(
  askedSection: string | undefined,
  value: unknown,
  chosen: string | undefined,
): unknown {
  if (chosen === undefined) {
    return value;
  }
  if (askedSection === `${section}.interpreter`) {
    return value || chosen;
  }
  if (askedSection === section && isSettings(value)) {
    return { ...value, interpreter: value.interpreter || chosen };
  }
  return value;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null;
}
