/** What the server is told about the user's settings. */

export const section = "lacuna";

/** Plain data, as VS Code keeps it under `lacuna`; only what is looked at here is named. */
export interface Settings {
  readonly interpreter?: unknown;
  readonly trust?: unknown;
}

/** What VS Code knows of a folder and the settings do not. */
export interface Situation {
  /** The interpreter that the Python extension has chosen, if it has. */
  readonly chosenInterpreter: string | undefined;
  /** In Restricted Mode the user has said no already: nothing runs and nobody is asked again. */
  readonly isRestricted: boolean;
}

/** The user's settings, completed by the situation; an interpreter that the user named stays. */
export function settingsForServer(settings: Settings, situation: Situation): Settings {
  return {
    ...settings,
    interpreter: settings.interpreter || situation.chosenInterpreter || "",
    trust: situation.isRestricted ? "never" : settings.trust,
  };
}
