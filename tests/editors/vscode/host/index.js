// Runs inside VS Code's extension host, beside the packaged extension; each feature becomes a row
// in the file that LACUNA_EDITOR_ROWS names.
const { appendFileSync } = require("node:fs");
const vscode = require("vscode");

const patience_ms = 60_000;

async function until(ask, what) {
  const end = Date.now() + patience_ms;
  for (;;) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`not seen in ${patience_ms / 1000} s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function feature(name, see) {
  const begun = performance.now();
  let row;
  try {
    row = { ok: true, seen: String((await see()) ?? "") };
  } catch (error) {
    row = { ok: false, seen: String(error.message).split("\n")[0] };
  }
  const seconds = (performance.now() - begun) / 1000;
  appendFileSync(
    process.env.LACUNA_EDITOR_ROWS,
    `${JSON.stringify({ feature: `extension host: ${name}`, seconds, ...row })}\n`,
  );
}

function expect(holds, what) {
  if (!holds) {
    throw new Error(what);
  }
}

const extension = vscode.extensions.getExtension("lacuna.lacuna");
const root = vscode.workspace.workspaceFolders[0].uri;
const open = async (path) => {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(root, path));
  await vscode.window.showTextDocument(document);
  return document;
};
const ask = (provider, ...args) =>
  vscode.commands.executeCommand(`vscode.execute${provider}`, ...args);
const lineWith = (document, text) =>
  Array.from({ length: document.lineCount }, (_, line) => line).find((line) =>
    document.lineAt(line).text.includes(text),
  );
const diagnosed = (document) =>
  vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ source }) => /lacuna/i.test(source ?? ""));

// With a part that is worth a function of its own.
const report = `def publish(report, folder, log):
    log.info("publish %s", report.title)
    # Count the words of all sections
    counts = {}
    for section in report.sections:
        for line in section.lines:
            for word in line.split():
                if word.isalpha():
                    key = word.lower()
                    counts[key] = counts.get(key, 0) + 1
                elif word in report.aliases:
                    alias = report.aliases[word]
                    counts[alias] = counts.get(alias, 0) + 1

    if not counts:
        log.warning("nothing in %s for %s", report, folder)
        return None
    with folder.create("index.html") as page:
        page.write(report.title, report.author, counts)
        page.write(report.licence, report.date, log.level)
        if report.pages > folder.room:
            raise ValueError(log.name)
        while page.waits(folder):
            log.info("waits for %s and %s", folder, report)
    return page
`;

async function extraction(uri) {
  const place = new vscode.Range(6, 12, 6, 12);
  const { title } = await until(async () => {
    const offered = await ask("CodeActionProvider", uri, place, "refactor.extract", 5);
    return offered.find(({ disabled }) => disabled === undefined);
  }, "an extraction");
  return title;
}

async function saved(document) {
  const edit = new vscode.WorkspaceEdit();
  const end = document.lineAt(document.lineCount - 1).range.end;
  edit.insert(document.uri, end, "\n");
  await vscode.workspace.applyEdit(edit);
  await document.save();
}

exports.run = async () => {
  await extension.activate();

  await feature("every contributed command is there", async () => {
    const known = new Set(await vscode.commands.getCommands(true));
    const missing = extension.packageJSON.contributes.commands.filter(
      ({ command }) => !known.has(command),
    );
    expect(missing.length === 0, JSON.stringify(missing));
  });

  await feature("a setting that may run code cannot be set by a workspace", async () => {
    const settings = vscode.workspace.getConfiguration("lacuna");
    const refused = await settings
      .update("interpreter", "/bin/false", vscode.ConfigurationTarget.Workspace)
      .then(
        () => false,
        () => true,
      );
    expect(refused, "it was set");
  });

  const document = await open("orchard/delivery.py");
  const line = lineWith(document, "def delivery_day");

  await feature("diagnostics of a failing test after a save", async () => {
    // The first start may still be on its way.
    await until(
      async () => (await vscode.commands.getCommands()).includes("lacuna.runTests"),
      "the server",
    );
    await saved(document);
    const [first] = await until(
      () => diagnosed(document).length && diagnosed(document),
      "a diagnostic",
    );
    return first.message.split("\n")[0];
  });

  await feature("code actions: a preferred fix with its evidence", async () => {
    const [{ range }] = diagnosed(document);
    const fix = await until(async () => {
      const offered = await ask("CodeActionProvider", document.uri, range, "quickfix", 20);
      return offered.find(({ title }) => /^Fix: .*tests? pass/.test(title));
    }, "a fix");
    expect(fix.isPreferred, "it is not preferred");
    return fix.title;
  });

  await feature("code lenses of functions with tests", async () => {
    const lenses = await until(async () => {
      const shown = await ask("CodeLensProvider", document.uri, 20);
      return shown.length > 0 && shown;
    }, "a lens");
    return lenses.map((lens) => lens.command?.title).join(" | ");
  });

  await feature("inlay hints with the values of the failing test", async () => {
    const range = new vscode.Range(0, 0, document.lineCount, 0);
    const hints = await until(async () => {
      const shown = await ask("InlayHintProvider", document.uri, range);
      return shown.length > 0 && shown;
    }, "a hint");
    return hints
      .map(({ label }) => (typeof label === "string" ? label : label[0].value))
      .join(" | ");
  });

  await feature("hover shows the trace of the failing test", async () => {
    const at = new vscode.Position(line, document.lineAt(line).text.indexOf("delivery_day") + 1);
    const hovers = await until(async () => {
      const shown = await ask("HoverProvider", document.uri, at);
      return shown.length > 0 && shown;
    }, "a hover");
    return hovers[0].contents[0].value.split("\n").slice(0, 2).join(" ");
  });

  await feature("the fix is applied as one edit, and the next save is green", async () => {
    const [{ range }] = diagnosed(document);
    const offered = await ask("CodeActionProvider", document.uri, range, "quickfix", 20);
    const fix = offered.find(({ title }) => /^Fix: /.test(title));
    expect(await vscode.workspace.applyEdit(fix.edit), "the edit was refused");
    await document.save();
    await until(() => diagnosed(document).length === 0, "green");
    return fix.title;
  });

  await feature("extract method on a selection", async () => {
    const invoice = await open("orchard/invoice.py");
    const first = lineWith(invoice, "    shipping = 0");
    const last = lineWith(invoice, "+= FRAGILE_SURCHARGE");
    const selection = new vscode.Range(first, 4, last, invoice.lineAt(last).text.length);
    const offered = await ask("CodeActionProvider", invoice.uri, selection, "refactor.extract", 5);
    const usable = offered.find(({ disabled }) => disabled === undefined);
    expect(usable, JSON.stringify(offered.map(({ title, disabled }) => [title, disabled?.reason])));
    await vscode.workspace.applyEdit(usable.edit);
    const text = invoice.getText();
    await vscode.commands.executeCommand("undo");
    expect(text !== invoice.getText(), "one undo takes it back");
    return usable.title;
  });

  await feature("a file that was never saved has a menu", async () => {
    const unsaved = await vscode.workspace.openTextDocument({
      language: "python",
      content: report,
    });
    return extraction(unsaved.uri);
  });

  await feature("a Python cell of a notebook has hints and a menu", async () => {
    const uri = vscode.Uri.joinPath(root, "notes.ipynb");
    const cell = { cell_type: "code", execution_count: null, metadata: {}, outputs: [] };
    const notebook = {
      cells: [{ ...cell, source: [report] }],
      metadata: { language_info: { name: "python" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    await vscode.workspace.fs.writeFile(uri, Buffer.from(JSON.stringify(notebook)));
    const opened = await vscode.workspace.openNotebookDocument(uri);
    await vscode.window.showNotebookDocument(opened);
    const { document: text } = opened.cellAt(0);
    const [hint] = await until(() => diagnosed(text).length && diagnosed(text), "a hint");
    return `${hint.message}; ${await extraction(text.uri)}`;
  });
};
