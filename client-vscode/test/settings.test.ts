import { expect, test } from "vitest";
import { withInterpreter } from "../src/settings";

const chosen = "/envs/project/bin/python";

test("the interpreter chosen in the Python extension stands in where the user named none", () => {
  expect(withInterpreter("lacuna", { interpreter: "", trust: "ask" }, chosen)).toEqual({
    interpreter: chosen,
    trust: "ask",
  });
  expect(withInterpreter("lacuna.interpreter", "", chosen)).toBe(chosen);
});

test("an interpreter that the user named stays", () => {
  const named = { interpreter: "/usr/bin/python3.12" };
  expect(withInterpreter("lacuna", named, chosen)).toEqual(named);
  expect(withInterpreter("lacuna.interpreter", "/usr/bin/python3.12", chosen)).toBe(
    "/usr/bin/python3.12",
  );
});

test("without a chosen interpreter the settings pass unchanged", () => {
  const settings = { interpreter: "" };
  expect(withInterpreter("lacuna", settings, undefined)).toBe(settings);
});

test("other sections pass unchanged", () => {
  expect(withInterpreter("files", { interpreter: "" }, chosen)).toEqual({ interpreter: "" });
  expect(withInterpreter("lacuna.trust", "ask", chosen)).toBe("ask");
  expect(withInterpreter("lacuna", null, chosen)).toBeNull();
});
