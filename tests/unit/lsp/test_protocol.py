"""The edge: every id is answered exactly once, and says nothing about the machine."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from wire import AT, INLINE, URI, Wire, notification, request


def edit(version: int, text: str) -> dict[str, Any]:
    identifier = {"uri": URI, "version": version}
    params = {"textDocument": identifier, "contentChanges": [{"text": text}]}
    return notification("textDocument/didChange", params)


async def code(answer: dict[str, Any]) -> int:
    assert set(answer["error"]) == {"code", "message"}
    return int(answer["error"]["code"])


async def test_a_request_before_initialize_is_refused():
    wire = Wire()
    assert await code(await wire.ask("textDocument/completion", AT)) == -32002


async def test_a_request_after_shutdown_is_refused():
    wire = await Wire().initialized()
    assert (await wire.ask("shutdown"))["result"] is None
    assert await code(await wire.ask("textDocument/inlineCompletion", INLINE, 7)) == -32600


async def test_a_second_initialize_is_refused():
    wire = await Wire().initialized()
    assert await code(await wire.ask("initialize", {"capabilities": {}})) == -32600


async def test_an_unknown_method_is_refused():
    wire = await Wire().initialized()
    for method in ("nothing/here", "$/odd", "textDocument/didOpen", ""):
        assert await code(await wire.ask(method, {}, method)) == -32601


@pytest.mark.parametrize(
    "method",
    ["textDocument/inlineCompletion", "textDocument/codeAction", "codeAction/resolve"],
)
@pytest.mark.parametrize(
    "params", [None, [], "x", 3, {}, {"textDocument": 1}, {**AT, "position": {"line": -1}}]
)
async def test_malformed_parameters_are_refused(method, params):
    wire = await Wire().initialized()
    assert await code(await wire.ask(method, params)) == -32602


async def test_initialize_can_be_asked_again_after_malformed_parameters():
    wire = Wire()
    assert await code(await wire.ask("initialize", {"capabilities": 3}, 1)) == -32602
    assert "result" in await wire.ask("initialize", {"capabilities": {}}, 2)


async def test_a_failing_handler_says_nothing_of_the_machine():
    wire = await Wire().initialized("BROKEN")
    answer = await wire.ask("textDocument/inlineCompletion", INLINE)
    assert await code(answer) == -32603
    assert "secret" not in json.dumps(answer)
    assert "/" not in answer["error"]["message"].replace("textDocument/inlineCompletion", "")


async def test_a_cancelled_request_is_answered():
    wire = await Wire().initialized("SLOW")
    wire.receive(request(1, "textDocument/inlineCompletion", INLINE))
    wire.receive(notification("$/cancelRequest", {"id": 1}))
    assert await code(await wire.answer(1)) == -32800


async def test_a_newer_request_on_the_same_document_cancels_the_older():
    wire = await Wire().initialized("SLOW")
    wire.receive(request(1, "textDocument/inlineCompletion", INLINE))
    wire.receive(request(2, "textDocument/inlineCompletion", INLINE))
    assert await code(await wire.answer(1)) == -32800
    assert wire.answers(2) == []
    wire.receive(notification("$/cancelRequest", {"id": 2}))
    assert await code(await wire.answer(2)) == -32800


async def test_no_ghost_text_is_sent_for_a_text_that_has_changed():
    """Nor an error, which some editors write to their log with every key."""
    wire = await Wire().initialized("SUGGEST")
    wire.receive(request(1, "textDocument/inlineCompletion", INLINE), edit(2, "SUGGEST "))
    assert (await wire.answer(1))["result"] == {"items": []}


async def test_an_action_of_an_older_text_cannot_be_resolved():
    wire = await Wire().initialized("RED")
    whole = {"start": AT["position"], "end": AT["position"]}
    context = {"diagnostics": [], "only": ["quickfix"]}
    params = {"textDocument": {"uri": URI}, "range": whole, "context": context}
    (action,) = (await wire.ask("textDocument/codeAction", params, 1))["result"]
    wire.receive(edit(2, " RED"))
    assert await code(await wire.ask("codeAction/resolve", action, 2)) == -32801


@pytest.mark.parametrize(
    "action",
    [
        {"title": "Search", "command": {"title": "Search", "command": "lacuna.searchLonger"}},
        {"title": "Extract", "disabled": {"reason": "it yields"}},
    ],
)
async def test_an_action_that_held_nothing_back_resolves_to_itself(action):
    wire = await Wire().initialized("RED")
    assert (await wire.ask("codeAction/resolve", action, 2))["result"] == action


async def test_an_id_in_use_is_refused_and_the_first_goes_on():
    wire = await Wire().initialized("SLOW")
    wire.receive(request(1, "textDocument/inlineCompletion", INLINE), request(1, "shutdown"))
    await wire.ask("$/settled", None, 2)
    (refused,) = wire.answers(1)
    assert await code(refused) == -32600


async def test_ids_of_either_side_do_not_collide():
    wire = await Wire().initialized("SLOW")
    wire.receive(request("1", "textDocument/inlineCompletion", INLINE))
    wire.receive({"jsonrpc": "2.0", "id": "1", "result": []})
    await wire.ask("$/settled")
    assert wire.answers("1") == []


async def test_requests_in_flight_are_answered_at_shutdown():
    wire = await Wire().initialized("SLOW")
    wire.receive(request(1, "textDocument/inlineCompletion", INLINE), request(2, "shutdown"))
    assert await code(await wire.answer(1)) == -32800
    assert (await wire.answer(2))["result"] is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", -32700),
        (b"[" * 20_000, -32700),
        (b"\xff\xfe", -32700),
        (b"[]", -32600),
        (b"1", -32600),
    ],
)
async def test_what_is_no_message_is_answered_without_an_id(body, expected):
    wire = Wire()
    wire.receive(body)
    (answer,) = wire.sent
    assert answer["id"] is None
    assert await code(answer) == expected


async def test_malformed_notifications_show_nothing_to_the_user():
    wire = await Wire().initialized("SUGGEST")
    for method in ("textDocument/didSave", "textDocument/didOpen", "nothing/here", "initialized"):
        wire.receive(notification(method, {"textDocument": None}), notification(method, 3))
    assert [m for m in wire.sent if m.get("method") == "window/showMessage"] == []
    assert "result" in await wire.ask("textDocument/inlineCompletion", INLINE)


async def test_after_a_change_that_cannot_be_read_nothing_is_offered_until_it_is_opened_again():
    wire = await Wire().initialized("SUGGEST")
    identifier = {"uri": URI, "version": 2}
    change = {"textDocument": identifier, "contentChanges": [{"range": 3, "text": "x"}]}
    wire.receive(notification("textDocument/didChange", change))
    assert await suggested(wire) == 0
    item = {"uri": URI, "languageId": "python", "version": 3, "text": "SUGGEST"}
    wire.receive(notification("textDocument/didOpen", {"textDocument": item}))
    assert await suggested(wire) == 1


async def suggested(wire: Wire) -> int:
    number = len(wire.sent)
    answer = await wire.ask("textDocument/inlineCompletion", INLINE, number)
    return len(answer["result"]["items"])


async def test_a_wrong_setting_is_said_once_and_the_rest_works():
    wire = await Wire().initialized("SUGGEST", holes={"epsilon": 7, "maxHoles": 1})
    for number in range(3):
        wire.receive(notification("workspace/didChangeConfiguration", {"settings": None}))
        await wire.ask("textDocument/inlineCompletion", INLINE, number)
    assert shown(wire) == ["Lacuna: holes.epsilon must be a number between 0 and 1, both excluded"]
    assert wire.server.settings.holes_max_holes == 1


async def test_changes_of_settings_are_asked_for_where_the_client_waits_to_be_asked():
    wire = await Wire().initialized()
    (asked,) = [m for m in wire.sent if m.get("method") == "client/registerCapability"]
    methods = {each["method"] for each in asked["params"]["registrations"]}
    assert methods == {"workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles"}


async def test_a_second_initialized_loses_no_document():
    wire = await Wire().initialized("SUGGEST")
    wire.receive(notification("initialized", {}))
    assert await suggested(wire) == 1


def shown(wire: Wire) -> list[str]:
    return [
        m["params"]["message"] for m in wire.sent if m.get("method") == types.WINDOW_SHOW_MESSAGE
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["textDocument", "position", "uri", "id", "data"]), inner)
    ),
    max_leaves=6,
)
methods = st.sampled_from(
    [
        *("textDocument/inlineCompletion", "textDocument/codeAction", "codeAction/resolve"),
        *("textDocument/didOpen", "textDocument/didChange", "textDocument/didSave", "$/x"),
        *("$/cancelRequest", "window/workDoneProgress/cancel", "initialize", "initialized"),
        *("workspace/didChangeConfiguration", "workspace/didChangeWorkspaceFolders", "nothing"),
    ]
)
good = st.sampled_from([INLINE, {**AT, "range": {"start": AT["position"], "end": AT["position"]}}])
odd = st.one_of(json_values, good)


def numbered(parts: list[tuple[str, Any, bool]]) -> Iterator[dict[str, Any]]:
    for number, (method, params, wants_answer) in enumerate(parts):
        message = notification(method, params)
        yield {**message, "id": number} if wants_answer else message


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(methods, odd, st.booleans()), max_size=8))
def test_every_id_is_answered_exactly_once(parts):
    async def session() -> None:
        wire = await Wire().initialized("SUGGEST")
        wire.receive(*numbered(parts))
        asked = [number for number, part in enumerate(parts) if part[2]]
        for number in asked:
            await wire.answer(number)
        await wire.ask("shutdown", None, "last")
        assert all(len(wire.answers(number)) == 1 for number in asked)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(session())
