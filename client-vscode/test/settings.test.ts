import { expect, test } from "vitest";
import { settingsForServer } from "../src/settings";

const unknown = { chosenInterpreter: undefined, isRestricted: false };
const chosen = { chosenInterpreter: "/envs/project/bin/python", isRestricted: false };

test("the interpreter chosen in the Python extension stands in where the user named none", () => {
  expect(settingsForServer({ interpreter: "" }, chosen)).toMatchObject({
    interpreter: "/envs/project/bin/python",
  });
});

test("an interpreter that the user named stays", () => {
  const named = { interpreter: "/usr/bin/python3.12" };
  expect(settingsForServer(named, chosen)).toMatchObject(named);
});

test("where nothing is known the settings are the user's", () => {
  const settings = { interpreter: "", trust: "ask", holes: { epsilon: 0.2 } };
  expect(settingsForServer(settings, unknown)).toEqual(settings);
});

test("in Restricted Mode nothing runs and the user is not asked again", () => {
  const restricted = { chosenInterpreter: undefined, isRestricted: true };
  expect(settingsForServer({ trust: "ask" }, restricted)).toMatchObject({ trust: "never" });
});
