"""The registry of languages: each is a folder of data under `grammars/`.

Nothing else in the code names a language; what differs between languages is a field here.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

import tree_sitter


@dataclass(frozen=True, slots=True)
class TestProgram:
    """A program that runs tests of a language.

    It is for a test file that `mentions` this text, or with the program `beside` it: a path from
    its folder or one above. It gets `arguments` and then the files; `{report}` is where its report
    goes, of the form `report`. `requires` is an expression of the language, false where the
    interpreter cannot run these tests, which `otherwise` then says. One that is `related` finds the
    tests of any file itself. It runs where it is `configured_by` a file of these patterns, else in
    its package.
    """

    name: str
    arguments: tuple[str, ...]
    report: str
    mentions: str | None = None
    beside: str | None = None
    requires: str | None = None
    otherwise: str = ""
    related: bool = False
    configured_by: tuple[str, ...] = ()


TestProgram.__test__ = False  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Language:
    """One folder of `grammars/`.

    `line_comment` begins a comment that ends with its line.
    `semantics` names the module of `analysis` that says what queries cannot; a language without
    one is parsed and completed, not analysed. `templates` names the module with the single-edit
    templates of its fixes, `idioms` the one with its rewrites for speed. `test_files` are name
    patterns over `{stem}`. `test_runner` names what runs them, `None` if nothing here can; `own_test` is a regular expression for a line of a test
    that stands in the file it tests, `doctest_prompt` for one of an example in documentation.
    `test_folders` are names of folders with tests besides the usual ones. Where the runner is
    `programs`, it takes the first of these that is for a test file; `interpreter` is the program on
    the user's PATH that they need.
    `definition_nodes` are node types with a field `name`, functions before types.
    `function_nodes` are node types whose field `body` runs when they are called, and not before.
    `solid_nodes` are node types that never become a hole of their own (a string's quotes);
    `verbatim_nodes` are compared byte by byte, because the text between their children counts.
    """

    name: str
    language_ids: tuple[str, ...]
    suffixes: tuple[str, ...]
    grammar: str
    line_comment: str = "#"
    semantics: str | None = None
    templates: str | None = None
    idioms: str | None = None
    test_files: tuple[str, ...] = ()
    test_runner: str | None = None
    own_test: str | None = None
    doctest_prompt: str | None = None
    test_folders: tuple[str, ...] = ()
    programs: tuple[TestProgram, ...] = ()
    interpreter: str | None = None
    definition_nodes: tuple[str, ...] = ()
    function_nodes: tuple[str, ...] = ()
    solid_nodes: tuple[str, ...] = ()
    verbatim_nodes: tuple[str, ...] = ()


def grammars_folder() -> Path:
    """`grammars/` inside the installed package, or at the top of the repository in development."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "grammars"
    return installed if installed.is_dir() else package.parents[1] / "grammars"


@cache
def languages() -> tuple[Language, ...]:
    return tuple(_read(path) for path in sorted(grammars_folder().glob("*/language.toml")))


def by_language_id(language_id: str) -> Language | None:
    return next((lang for lang in languages() if language_id in lang.language_ids), None)


def by_path(path: PurePath) -> Language | None:
    suffix = path.suffix.lower()
    return next((lang for lang in languages() if suffix in lang.suffixes), None)


@cache
def parser_language(language: Language) -> tree_sitter.Language:
    """The compiled grammar, loaded on first use."""
    module, function = language.grammar.split(":")
    return tree_sitter.Language(getattr(import_module(module), function)())


def _read(path: Path) -> Language:
    fields: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    programs = tuple(TestProgram(**_with_tuples(each)) for each in fields.pop("programs", ()))
    return Language(**_with_tuples(fields), programs=programs)


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return {**fields, **lists}
