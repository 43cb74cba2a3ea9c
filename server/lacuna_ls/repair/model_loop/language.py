"""What the loop has to know of a language beyond its templates."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from lacuna_ls.syntax.languages import Language


@dataclass(frozen=True, slots=True)
class Drafting:
    """What a language brings.

    `fences` are the names under which code of it stands in a reply. `import_types` are node types
    of imports, `string_types` of literals whose lines are not to be indented. `is_standard` says of
    a module, by its dotted name, that every installation has it.
    """

    fences: frozenset[str]
    import_types: frozenset[str]
    string_types: frozenset[str]
    is_standard: Callable[[str], bool]


def drafting_of(language: Language | None) -> Drafting | None:
    """`None` for a language in which nothing is drafted."""
    if language is None or language.templates is None:
        return None
    drafting = import_module(f"{__package__}.{language.name}").DRAFTING
    assert isinstance(drafting, Drafting)
    return drafting
