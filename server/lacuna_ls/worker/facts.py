"""What a failing test did, line by line: values, branches, exceptions, calls.

Kept of each function are the lines of one call, the call that the
failure speaks of: the one that ended last, or the innermost of those that the exception ended. The
trace is that of LDB (Zhong et al., 2024, "Debug like a Human"): basic blocks with the values at
their ends, of which the first and the last few are kept.
"""

import dis
import linecache
import math
import os
import threading
import time
from collections import deque
from typing import Any, Deque, Dict, Iterator, List, NamedTuple, Optional, Set

from .records import BlockRecord, CallRecord, FunctionRecord, LineRecord, ValueRecord
from .values import Shown, is_code, is_scalar, literal

# Time for recording alone; beyond it nothing more is recorded and nothing is reported.
_BUDGET_S = 1.0
_MAX_FUNCTIONS = 100
_MAX_LINES = 200
_MAX_VALUES = 6
_MAX_BLOCK_VALUES = 12
_BLOCKS_KEPT = 5
_CALLS_KEPT = 5
_MOST_DECORATORS = 30
_OPTIMIZED, _VARARGS, _VARKEYWORDS = 0x1, 0x4, 0x8
_GENERATOR = 0x20
_SUSPENDING = ("YIELD_VALUE", "YIELD_FROM", "SEND")
_MISSING = object()


class _Ends:
    """The first and the last few of many."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._head: List[Any] = []
        self._tail: Deque[Any] = deque(maxlen=kept)
        self.total = 0

    def add(self, item: Any) -> None:
        self.total += 1
        (self._head if len(self._head) < self._kept else self._tail).append(item)

    def __iter__(self) -> Iterator[Any]:
        yield from self._head
        yield from self._tail


class _Text:
    """A value's text, made when it is asked for if the value cannot change until then."""

    __slots__ = ("_text", "_value")

    def __init__(self, value: Any, shown: Shown) -> None:
        self._value = value if is_scalar(value) else None
        self._text = None if is_scalar(value) else shown.text(value)

    def text(self, shown: Shown) -> str:
        if self._text is None:
            self._text = shown.text(self._value)
        return self._text


class _Line:
    """One line in one call; `values` are [first, last, count] by name."""

    __slots__ = ("branches", "count", "raised", "values")

    def __init__(self) -> None:
        self.count = 0
        self.values: Dict[str, List[Any]] = {}
        self.branches: Dict[int, int] = {}
        self.raised = ""

    def add(self, name: str, text: _Text) -> None:
        seen = self.values.get(name)
        if seen is not None:
            seen[1] = text
            seen[2] += 1
        elif len(self.values) < _MAX_VALUES:
            self.values[name] = [text, text, 1]


class _Block(NamedTuple):
    number: int
    lines: List[int]
    values: Dict[str, _Text]


class Code:
    """A function of a named file: what its instructions say of its lines, and what was seen."""

    def __init__(self, code: Any, path: str) -> None:
        self.path = path
        self.name = getattr(code, "co_qualname", code.co_name)
        self.line = _line_of_definition(code)
        self.generates = bool(code.co_flags & _GENERATOR)
        self._instructions = code.co_code
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & _VARARGS) + bool(code.co_flags & _VARKEYWORDS)
        self.arguments = code.co_varnames[:count]
        # Names in the order of the code, by line.
        self.stored: Dict[int, Dict[str, None]] = {}
        self.loaded: Dict[int, Dict[str, None]] = {}
        self.leaders: Set[int] = set()
        self.jumping: Set[int] = set()
        # The first line of the body of a `for`, by the line of the `for`.
        self.bodies: Dict[int, int] = {}
        self._scan(code)
        self.forget()

    def suspends(self, offset: int) -> bool:
        """Whether the function goes on after it was left at this instruction."""
        # Up to 3.10 what awaits stands before the instruction that will be repeated.
        following = self._instructions[offset + 2 : offset + 3]
        return dis.opname[self._instructions[offset]] in _SUSPENDING or (
            bool(following) and dis.opname[following[0]] == "YIELD_FROM"
        )

    def forget(self) -> None:
        """What was seen, not what the code is."""
        self.calls = _Ends(_CALLS_KEPT)
        self.blocks = _Ends(_BLOCKS_KEPT)
        self.kept: Optional[_Activation] = None
        self.kept_error: Any = None

    def _scan(self, code: Any) -> None:
        starts = dict(dis.findlinestarts(code))
        line, loop = 0, 0
        for instruction in dis.get_instructions(code):
            line = starts.get(instruction.offset) or line
            names = instruction.argval if isinstance(instruction.argval, tuple) else ()
            names = names or (instruction.argval,)
            parts = instruction.opname.split("_")
            if "FAST" in parts or "DEREF" in parts:
                # Instructions for two names at once store first: STORE_FAST_LOAD_FAST.
                verbs = [part for part in parts if part in ("LOAD", "STORE")] or ["LOAD"]
                for verb, name in zip(verbs * len(names), names):  # noqa: B905 - Python 3.9
                    table = self.stored if verb == "STORE" else self.loaded
                    if str(name).isidentifier():  # the names of rewritten assertions are not
                        table.setdefault(line, {})[str(name)] = None
            if loop and line != loop:
                self.bodies.setdefault(loop, line)
                loop = 0
            if instruction.is_jump_target:
                self.leaders.add(line)
            jumps = "JUMP" in parts or instruction.opname == "FOR_ITER"
            if jumps and "INTERRUPT" not in parts:
                self.jumping.add(line)
            if instruction.opname == "FOR_ITER":
                loop = line


class _Activation:
    """One call of a function."""

    __slots__ = ("block", "call", "code", "error", "known", "last", "lines")

    def __init__(self, code: Code) -> None:
        self.code = code
        self.lines: Dict[int, _Line] = {}
        self.known: Dict[str, _Text] = {}
        self.last = 0
        self.block: Optional[_Block] = None
        self.call: Dict[str, Any] = {}
        self.error: Any = None


class Recorder:
    """The events of one thread made into facts. Whoever listens calls `called` and what follows."""

    def __init__(self, paths: Set[str]) -> None:
        self._paths = paths
        self._real: Dict[str, str] = {}
        self._shown = Shown()
        self._thread = 0
        self._functions = 0
        self._again: Any = None
        self.codes: Dict[Any, Optional[Code]] = {}
        # `on` until there is no more to be heard, `busy` while a value is shown.
        self.on = False
        self.busy = False
        self._forget()

    def _forget(self) -> None:
        for code in self.codes.values():
            if code is not None:
                code.forget()
        self._active: Dict[Any, _Activation] = {}
        self._blocks = self._ended = 0
        self._spent_s = 0.0

    def begin(self, again: Any) -> None:
        """Listen to this thread; anew whenever the code `again` is called."""
        self._again = again
        self._forget()
        self._thread = threading.get_ident()
        self.on = True

    def starts(self, code: Any) -> None:
        """Some code is called, ours or not."""
        if code is self._again and threading.get_ident() == self._thread:
            self.begin(code)

    def awaits(self, code: Any) -> bool:
        return code is self._again

    def take(self) -> Dict[str, List[FunctionRecord]]:
        """What was seen since `begin`, by path; nothing if that was too much to be recorded."""
        self.on, self._again = False, None
        codes = [code for code in self.codes.values() if code is not None]
        for frame, activation in list(self._active.items()):
            self._end(frame, activation, None)
        found: Dict[str, List[FunctionRecord]] = {}
        if self._spent_s <= _BUDGET_S:
            for code in codes:
                if code.calls.total:
                    found.setdefault(code.path, []).append(self._function(code))
        self._forget()
        return found

    def freeze(self) -> None:
        """Hear nothing more."""
        self.on, self._again = False, None

    def code_of(self, code: Any) -> Optional[Code]:
        """The facts of a function of a named file, `None` for all other code."""
        try:
            return self.codes[code]
        except KeyError:
            path = self._named(code.co_filename)
            own = path and code.co_flags & _OPTIMIZED and not code.co_name.startswith("<")
            found = Code(code, path) if own and self._functions < _MAX_FUNCTIONS else None
            self._functions += found is not None
            self.codes[code] = found
            return found

    def listens(self) -> bool:
        return self.on and not self.busy and threading.get_ident() == self._thread

    def timed(self, handler: Any, *arguments: Any) -> None:
        """Handle an event; what showing a value runs is not recorded itself.

        An error of our own (there is little stack left, say) ends the recording, not the test.
        """
        started_s = time.perf_counter()
        self.busy = True
        try:
            handler(*arguments)
        except Exception:
            self._spent_s = math.inf
        finally:
            self.busy = False
            self._spent_s += time.perf_counter() - started_s
            self.on = self.on and self._spent_s <= _BUDGET_S

    def called(self, frame: Any, code: Code) -> None:
        if frame in self._active:
            return  # a generator goes on
        activation = self._active[frame] = _Activation(code)
        values, arguments = frame.f_locals, []
        for name in code.arguments:
            value = values.get(name, _MISSING)
            if value is not _MISSING:
                text = _Text(value, self._shown)
                arguments.append((name, text, literal(value)))
                if not is_code(value):
                    activation.known[name] = text
        caller, back = ("", 0, ""), frame.f_back
        if back is not None:
            caller_line = max((back.f_lineno or 1) - 1, 0)
            caller = (self._realpath(back.f_code.co_filename), caller_line, back.f_code.co_name)
        activation.call = {"arguments": arguments, "caller": caller}
        head = activation.lines[code.line] = _Line()
        head.count = 1
        for name, text in activation.known.items():
            head.add(name, text)

    def line(self, frame: Any, code: Code, number: int) -> None:
        activation = self._active.get(frame)
        if activation is None:
            return
        last = activation.last
        if last:
            self._finish(activation, frame.f_locals, number)
            if last in code.jumping:
                branches = activation.lines[last].branches
                branches[number] = branches.get(number, 0) + 1
        activation.error = None
        block = activation.block
        if block is None or number in code.leaders or last in code.jumping or number <= last:
            self._blocks += 1
            block = activation.block = _Block(self._blocks, [number, number], {})
            code.blocks.add(block)
        block.lines[1] = max(block.lines[1], number)
        activation.last = number
        seen = activation.lines.get(number)
        if seen is None:
            seen = activation.lines[number] = _Line()
        seen.count += 1

    def returned(self, frame: Any, code: Code, value: Any, name: str = "return") -> None:
        activation = self._active.get(frame)
        if activation is None:
            return
        if activation.last:
            self._finish(activation, frame.f_locals, 0)
        if activation.last and (name == "return" or code.generates) and not is_code(value):
            text = _Text(value, self._shown)
            activation.lines[activation.last].add(name, text)
            if activation.block is not None:
                activation.block.values[name] = text
        if name == "return":
            activation.call["returned"] = self._shown.text(value)
            activation.call["returned_literal"] = literal(value)
            self._end(frame, activation, None)

    def raised(self, frame: Any, error: BaseException) -> None:
        activation = self._active.get(frame)
        if activation is not None and activation.last and activation.error is not error:
            if isinstance(error, (StopIteration, StopAsyncIteration, GeneratorExit)):
                return
            activation.error = error
            activation.lines[activation.last].raised = _named_error(error)

    def unwound(self, frame: Any, error: Any) -> None:
        activation = self._active.get(frame)
        if activation is None:
            return
        if activation.last:
            self._finish(activation, frame.f_locals, 0)
        if not isinstance(error, GeneratorExit):
            activation.call["raised"] = _named_error(error)
        self._end(frame, activation, error)

    def _finish(self, activation: _Activation, values: Any, following: int) -> None:
        """Note what the line that has just ended did to the names it mentions."""
        code, number = activation.code, activation.last
        body = code.bodies.get(number)
        exhausted = body is not None and body != following
        stored = code.stored.get(number, {})
        line, known, block = activation.lines[number], activation.known, activation.block
        for name in () if exhausted else stored:
            value = values.get(name, _MISSING)
            if value is not _MISSING and not is_code(value):
                known[name] = text = _Text(value, self._shown)
                line.add(name, text)
        for name in code.loaded.get(number, {}):
            if name in stored or name not in known:
                continue
            value = values.get(name, _MISSING)
            if value is _MISSING or is_scalar(value):
                continue
            text = _Text(value, self._shown)
            if text.text(self._shown) != known[name].text(self._shown):
                known[name] = text
                line.add(name, text)
        if block is not None:
            for table in (code.loaded, code.stored):
                for name in table.get(number, {}):
                    if name in known and len(block.values) < _MAX_BLOCK_VALUES:
                        block.values[name] = known[name]
            for name in block.values:
                block.values[name] = known.get(name, block.values[name])

    def _end(self, frame: Any, activation: _Activation, error: Any) -> None:
        del self._active[frame]
        self._ended += 1
        code = activation.code
        activation.call["number"] = self._ended
        code.calls.add(activation.call)
        if error is None or code.kept_error is not error:
            code.kept, code.kept_error = activation, error

    def _function(self, code: Code) -> FunctionRecord:
        shown = self._shown
        lines = [] if code.kept is None else sorted(code.kept.lines.items())[:_MAX_LINES]
        return FunctionRecord(
            name=code.name,
            line=code.line - 1,
            calls=code.calls.total,
            blocks_total=code.blocks.total,
            lines=[self._line(code, number, line) for number, line in lines],
            blocks=[
                BlockRecord(
                    block.number,
                    block.lines[0] - 1,
                    block.lines[1] - 1,
                    [(name, text.text(shown)) for name, text in block.values.items()],
                )
                for block in code.blocks
            ],
            captured=[
                CallRecord(
                    call["number"],
                    [(n, text.text(shown), exact) for n, text, exact in call["arguments"]],
                    call.get("returned"),
                    call.get("returned_literal"),
                    call.get("raised"),
                    call["caller"],
                )
                for call in code.calls
            ],
        )

    def _line(self, code: Code, number: int, line: _Line) -> LineRecord:
        return LineRecord(
            number - 1,
            line.count,
            [
                ValueRecord(name, first.text(self._shown), last.text(self._shown), count)
                for name, (first, last, count) in line.values.items()
            ],
            [(following - 1, count) for following, count in sorted(line.branches.items())],
            line.raised,
        )

    def _named(self, filename: str) -> str:
        real = self._realpath(filename)
        return real if real in self._paths else ""

    def _realpath(self, filename: str) -> str:
        real = self._real.get(filename)
        if real is None:
            real = self._real[filename] = os.path.realpath(filename)
        return real


def _line_of_definition(code: Any) -> int:
    """The line of the `def` below its decorators."""
    for number in range(code.co_firstlineno, code.co_firstlineno + _MOST_DECORATORS):
        text = linecache.getline(code.co_filename, number).lstrip()
        if text.startswith(("def ", "async def ")):
            return number
    return int(code.co_firstlineno)


def _named_error(error: Any) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    text = " ".join(text.split())[:200]
    name = type(error).__name__
    return "{}: {}".format(name, text) if text else name
