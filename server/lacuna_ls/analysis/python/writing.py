"""New Python functions and their calls, as text."""

import builtins
import keyword

from lacuna_ls.analysis.traits import Return
from lacuna_ls.analysis.writing import Early, Signature
from lacuna_ls.domain.text import Span, TextEdit

nothing_hint = "None"
reserved = frozenset((*dir(builtins), *keyword.kwlist, *keyword.softkwlist))


def head(signature: Signature) -> tuple[str, ...]:
    receiver = signature.receiver
    decorator = (f"@{receiver.decorator}",) if receiver and receiver.decorator else ()
    parameters = [f"{name}: {hint}" if hint else name for name, hint in signature.parameters]
    if receiver:
        parameters.insert(0, receiver.name)
    keyword = "async def" if signature.is_async else "def"
    arrow = f" -> {signature.result_hint}" if signature.result_hint else ""
    name = signature.name + (f"[{', '.join(signature.generic)}]" if signature.generic else "")
    return (*decorator, f"{keyword} {name}({', '.join(parameters)}){arrow}:")


def call(signature: Signature) -> str:
    reach = f"{signature.receiver.name}." if signature.receiver else ""
    text = f"{reach}{signature.name}({', '.join(name for name, _ in signature.parameters)})"
    if signature.is_async:
        text = f"await {text}"
    return f"yield from {text}" if signature.is_generator else text


def returned(value: str) -> str:
    return f"return {value}"


def assigned(targets: tuple[str, ...], value: str) -> str:
    return f"{', '.join(targets)} = {value}"


def declared_global(names: tuple[str, ...]) -> str:
    return f"global {', '.join(names)}"


def early_return(how: Early, found: Return) -> tuple[TextEdit, ...]:
    if how is Early.VALUE:
        return ()
    behind = Span(found.span.end, found.span.end)
    if how is Early.GUARD:
        if found.value is None:
            return (TextEdit(behind, b" True"),)
        return (TextEdit(found.value, b"True"),)
    if found.value is None:
        return (TextEdit(behind, b" True, None"),)
    start = Span(found.value.start, found.value.start)
    if found.is_open:
        return TextEdit(start, b"True, ("), TextEdit(behind, b")")
    return (TextEdit(start, b"True, "),)


def falls_through(how: Early, outputs: tuple[str, ...]) -> str:
    if how is Early.GUARD:
        return "return False"
    if how is Early.VALUE:
        return "return None"
    results = f"({', '.join(outputs)})" if len(outputs) > 1 else "".join(outputs)
    return f"return False, {results or None}"


def early_call(
    how: Early, call: str, outputs: tuple[str, ...], fresh: tuple[str, str]
) -> tuple[tuple[int, str], ...]:
    done, value = fresh
    if how is Early.GUARD:
        test = f"({call})" if call.startswith("yield") else call
        return (0, f"if {test}:"), (1, "return")
    if how is Early.VALUE:
        return (0, f"{value} = {call}"), (0, f"if {value} is not None:"), (1, f"return {value}")
    lines = [(0, f"{done}, {value} = {call}"), (0, f"if {done}:"), (1, f"return {value}")]
    if outputs:
        lines.append((0, f"{', '.join(outputs)} = {value}"))
    return tuple(lines)
