import { beforeEach, expect, test } from "vitest";
import type * as vscode from "vscode";
import { NewNames } from "../src/rename";
import { called, commands, reset } from "./fake_vscode";

beforeEach(reset);

const place = { line: 3, character: 4 };

function action(): vscode.CodeAction {
  const follows = {
    title: "Rename",
    command: "lacuna.rename",
    arguments: ["file:///a.py", place] as unknown[],
  };
  return { title: "Extract", command: follows } as vscode.CodeAction;
}

test("the command in the menu has no arguments that VS Code could forget", () => {
  expect(new NewNames().listed(action()).command?.arguments).toBeUndefined();
});

test("other commands keep theirs", () => {
  const search = { title: "Search", command: "lacuna.searchLonger", arguments: [1] };
  expect(new NewNames().listed(search)).toEqual(search);
});

test("what is renamed is the name of the action that was chosen, once", async () => {
  const names = new NewNames();
  const listed = names.listed(action());
  names.chosen(listed);
  await commands.executeCommand("lacuna.rename");
  await commands.executeCommand("lacuna.rename");
  const renames = called.filter(([name]) => name === "editor.action.changeAll");
  expect(renames).toHaveLength(1);
});
