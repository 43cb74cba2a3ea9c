"""New Python functions and their calls, as text."""

from lacuna_ls.analysis.writing import Signature

nothing_hint = "None"


def head(signature: Signature) -> tuple[str, ...]:
    receiver = signature.receiver
    decorator = (f"@{receiver.decorator}",) if receiver and receiver.decorator else ()
    parameters = [f"{name}: {hint}" if hint else name for name, hint in signature.parameters]
    if receiver:
        parameters.insert(0, receiver.name)
    keyword = "async def" if signature.is_async else "def"
    arrow = f" -> {signature.result_hint}" if signature.result_hint else ""
    return (*decorator, f"{keyword} {signature.name}({', '.join(parameters)}){arrow}:")


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
