"""The real command with its real engines: completion, a red save, an extraction."""

import sys
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, make_test_lsp_client

from e2e.editor import Editor, connected
from e2e.profiles import NAMES

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

SUM = '''def add(a, b):
    """
    >>> add(1, 2)
    3
    """
    # über
    return a - b
'''

MEAN = """def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)
"""

TESTED = '''def total(values):
    """
    >>> total([1, 2])
    3
    """
    result = 0
    for value in values:
        result += value
    return result
'''

SEND = """def send(message, host):
    log.info("send to %s", host)
    headers = {}
    for line in message.head.splitlines():
        if ":" in line:
            key, _, value = line.partition(":")
            headers[key.strip().lower()] = value.strip()
    connection = open_connection(host)
    if headers.get("expect"):
        connection.wait(headers["expect"])
    connection.write(message.body)
    connection.flush()
    connection.close()
    log.info("sent to %s", host)
"""


def command() -> list[str]:
    return [sys.executable, "-I", "-m", "lacuna_ls", "--stdio"]


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    scope="module",
    params=NAMES,
    config=ClientServerConfig(server_command=command(), client_factory=make_test_lsp_client),
)
async def connection(lsp_client: LanguageClient, request, tmp_path_factory):
    root = tmp_path_factory.mktemp("workspace")
    await connected(lsp_client, request.param, root, {"trustedFolders": [str(root)]})
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def editor(connection: Any) -> Any:
    return connection.editor


async def test_completion_is_answered(editor: Editor):
    uri = editor.open("import os\n\nprint(os.")
    document, position = types.TextDocumentIdentifier(uri), types.Position(2, 9)
    if editor.profile == "minimal":
        params = types.CompletionParams(document, position)
        answer = await editor.client.text_document_completion_async(params)
    else:
        context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked)
        inline = types.InlineCompletionParams(context, document, position)
        answer = await editor.client.text_document_inline_completion_async(inline)
    assert len(answer.items) <= 4


async def test_a_red_save_shows_where(editor: Editor):
    (found,) = await editor.saved(editor.open(SUM))
    assert found.source == "lacuna"
    assert "expected 3, got -1" in found.message


async def test_a_selection_is_extracted(editor: Editor):
    uri = editor.open(MEAN)
    selection = types.Range(types.Position(1, 4), types.Position(3, 22))
    (action, *_) = await editor.actions(uri, ["refactor.extract"], at=selection)
    after = editor.applied(uri, await editor.resolved(action))
    assert after.count("def ") == 2
    compile(after, "after", "exec")


async def test_what_was_chosen_is_tested_first_and_its_title_says_so_next_time(editor: Editor):
    uri = editor.open(TESTED)
    await editor.saved(uri)
    lines = types.Range(types.Position(5, 4), types.Position(7, 23))
    (action, *_) = await editor.actions(uri, ["refactor.extract"], at=lines)
    if editor.profile == "minimal":  # it resolves nothing, so nothing is chosen
        return
    while "not run" in action.title:  # on a slow machine the test may take longer than one waits
        await editor.resolved(action)
        (action, *_) = await editor.actions(uri, ["refactor.extract"], at=lines)
    assert action.title == 'Extract lines 6-8 into "compute_result" (1 of 1 test passes)'


async def test_a_cursor_is_shown_what_is_worth_extracting(editor: Editor):
    uri = editor.open(SEND)
    cursor = types.Range(types.Position(2, 6), types.Position(2, 6))
    (action, *_) = await editor.actions(uri, ["refactor.extract"], at=cursor)
    assert action.title == 'Extract lines 3-7 into "build_headers" (not run, data flow checked)'
    after = editor.applied(uri, await editor.resolved(action))
    assert "    headers = build_headers(message)\n" in after
