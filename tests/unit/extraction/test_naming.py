"""What a new function is called."""

import builtins
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.analysis.python.spelling import SPELLING
from lacuna_ls.domain.text import encode
from lacuna_ls.extraction.naming import free_name, proposed_name

RESERVED = frozenset((*dir(builtins), *keyword.kwlist))

NAMED = [
    ("the comment above", "# Parse the header\nx = 1\n", ("x",), "", "parse_header"),
    ("the comment's first clause", "# Add the patch level, if any\nx = 1\n", ("x",), "", "add_patch_level"),
    ("no comment that tells a story", "# We have it.\nxy = 1\n", ("xy",), "", "compute_xy"),
    ("a result that is computed", "area = w * h\n", ("area",), "", "compute_area"),
    ("a result that is filled", "rows = []\nfor x in xs:\n    rows.append(x)\n", ("rows",), "", "build_rows"),
    ("a result that is true or false", "ready = False\nif a:\n    ready = True\n", ("ready",), "", "is_ready"),
    ("a result that a call makes", "raw = read(p)\ntree = parse_text(raw)\n", ("tree",), "", "parse_tree"),
    ("code that only raises", "if size < 0:\n    raise ValueError(size)\n", (), "main", "validate_size"),
    ("a loop", "for path in self.paths:\n    path.unlink()\n", (), "remove", "remove_paths"),
    ("a part of what its host does", "mimetypes.init()\nmimetypes.add(a)\n", (), "__init__", "init_mimetypes"),
    ("the thing its host is about", "print(row)\nprint(row)\n", (), "write_report", "write_report_row"),
    ("the verb of its calls", "send(packet)\nsend(packet)\n", (), "main", "send_packet"),
    ("strings do not count", "write('spam spam spam', egg)\n", (), "", "write_egg"),
    ("nothing to go by", "1\n", (), "", "extracted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "outputs", "host", "name"), [pytest.param(*r, id=i) for i, *r in NAMED]
)
def test_the_name_is_taken_from(code: str, outputs: tuple[str, ...], host: str, name: str) -> None:
    assert proposed_name(b"", encode(code), outputs, host, RESERVED, SPELLING) == name


def test_a_name_that_a_test_runner_would_collect_is_led_by_a_verb() -> None:
    assert (
        proposed_name(b"", b"tested = 1\n", (), "test_it", RESERVED, SPELLING).startswith("test")
        is False
    )


def test_a_name_of_the_file_is_not_taken() -> None:
    assert free_name(b"def area(): pass\n# area_2", "area", RESERVED) == "area_3"


def test_a_builtin_is_not_taken() -> None:
    assert free_name(b"", "sum", RESERVED) == "sum_2"


@given(st.binary(max_size=80), st.sampled_from(["", "f", "__init__", "übung"]))
def test_any_code_has_a_name_that_nothing_else_has(code: bytes, host: str) -> None:
    name = proposed_name(code, code, (), host, RESERVED, SPELLING)
    assert name.isidentifier()
    assert name not in RESERVED
    assert encode(name) not in code.split()
