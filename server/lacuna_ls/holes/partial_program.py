"""A completion as a tree whose nodes carry the model's doubt.

After Khakhar, Mell and Bastani, "PAC Prediction Sets for Large Language Models of Code" (ICML
2023), section 3. Three departures: nodes come from tree-sitter, so that unfinished code has a
tree; the end-of-sequence token is charged (to the root), since stopping is a claim as well; and
nodes under a syntax error cost infinity, so that they never stand outside a hole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from lacuna_ls.domain.completion import Completion
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, Tree, ancestors, covering

_BLANK = b" \t\r\n\f\v"


class WeightKind(StrEnum):
    """What is counted when a subtree is removed."""

    NODES = "nodes"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class PartialProgram:
    """Flat preorder arrays over the nodes that may become holes.

    Node 0 is a synthetic root that stands for the whole completion. `spans` are in bytes of the
    shown text, `ends[i]` is one past the last node of subtree i, `own_nll[i]` is in nats (infinite
    where the node must not stay), `weights[i]` is what the node alone counts for when it is
    removed, `node_ids` are the tree's own (0 for the root, which is no node of the tree).
    """

    spans: tuple[Span, ...]
    ends: tuple[int, ...]
    own_nll: tuple[float, ...]
    weights: tuple[int, ...]
    node_ids: tuple[int, ...]


def build(
    tree: Tree,
    region: Span,
    language: Language,
    completion: Completion,
    kept: Span,
    *,
    ends: bool = True,
    weight: WeightKind = WeightKind.NODES,
) -> PartialProgram:
    """Charge the tokens of a completion to the nodes of its tree.

    Args:
        tree: Parse of prefix, shown text and suffix together.
        region: Where the shown text stands in that parse.
        language: Says which node types never become holes.
        completion: As the model gave it. Without an `end_logprob` all of it becomes one hole.
        kept: Which bytes of the completion are shown; what was cut off is charged to the root,
            because the model believed in that as well.
        ends: That nothing follows is claimed. If it is not, what follows costs nothing.
        weight: What removal is counted in.
    """
    forest = _forest(tree, region, language)
    owners = _Owners(forest, encode(completion.text), kept)
    own = [0.0] * len(forest.spans)
    tokens_owned = [0] * len(forest.spans)
    for owner, token in zip(
        owners.of_all([t.span for t in completion.tokens]), completion.tokens, strict=True
    ):
        if not ends and token.span.start >= kept.end:
            continue
        own[owner] += _nll(token.logprob)
        tokens_owned[owner] += 1
    if ends:
        own[0] += _nll(completion.end_logprob)
    for index, broken in enumerate(forest.broken):
        if broken:
            own[index] = inf
    weights = tuple(tokens_owned) if weight is WeightKind.TOKENS else (1,) * len(own)
    return PartialProgram(forest.spans, forest.ends, tuple(own), weights, forest.node_ids)


@dataclass(frozen=True, slots=True)
class _Forest:
    spans: tuple[Span, ...]
    parents: tuple[int, ...]
    ends: tuple[int, ...]
    broken: tuple[bool, ...]
    node_ids: tuple[int, ...]


def _forest(tree: Tree, region: Span, language: Language) -> _Forest:
    """Nodes wholly inside `region` that may be holes, below a synthetic root."""
    spans, parents, node_ids = [Span(0, len(region))], [0], [0]
    top = covering(tree.root_node, region, named=False)
    broken = [any(node.is_error for node in ancestors(top))]
    pending: list[tuple[Node, bool, int]] = [(top, top.is_named, 0)]
    while pending:
        node, eligible, owner = pending.pop()
        inside = region.start <= node.start_byte and node.end_byte <= region.end
        empty = node.start_byte == node.end_byte
        if inside and eligible and not empty and node.type not in language.solid_nodes:
            spans.append(Span(node.start_byte - region.start, node.end_byte - region.start))
            parents.append(owner)
            node_ids.append(node.id)
            broken.append(False)
            owner = len(spans) - 1
        if node.is_error or node.is_missing:
            broken[owner] = True
        if inside and node.type in language.verbatim_nodes:
            continue
        for position, child in reversed(list(enumerate(node.children))):
            if child.start_byte <= region.end and child.end_byte >= region.start:
                pending.append((child, _may_be_hole(node, position, child), owner))
    return _Forest(tuple(spans), tuple(parents), _ends(parents), tuple(broken), tuple(node_ids))


def _may_be_hole(parent: Node, position: int, child: Node) -> bool:
    """Named nodes, and operators: the anonymous tokens that could well be another."""
    if child.is_named:
        return not child.is_error
    return (parent.field_name_for_child(position) or "").startswith("operator")


def _ends(parents: Sequence[int]) -> tuple[int, ...]:
    ends = list(range(1, len(parents) + 1))
    for index in range(len(parents) - 1, 0, -1):
        ends[parents[index]] = max(ends[parents[index]], ends[index])
    return tuple(ends)


class _Owners:
    """Which node pays for a token: the deepest that covers its bytes other than space."""

    def __init__(self, forest: _Forest, text: bytes, kept: Span) -> None:
        self._forest = forest
        self._text = text
        self._kept = kept
        self._deepest = [0] * len(kept)
        for index, span in enumerate(forest.spans):
            self._deepest[span.start : span.end] = [index] * len(span)

    def of_all(self, tokens: Sequence[Span]) -> list[int]:
        """One node per token; the tokens are in order."""
        inked = [self._inked(span) for span in tokens]
        ends_before: list[int | None] = []
        last: int | None = None
        for ink in inked:
            ends_before.append(last)
            last = ink.end if ink else last
        owners: list[int] = []
        following: int | None = None
        for ink, before in zip(reversed(inked), reversed(ends_before), strict=True):
            if ink is not None:
                owners.append(self._covering(ink))
                following = ink.start
            elif before is None or following is None:
                owners.append(0)
            else:
                owners.append(self._covering(Span(before - 1, following + 1)))
        return owners[::-1]

    def _inked(self, span: Span) -> Span | None:
        """The token without surrounding space, `None` if nothing is left."""
        piece = self._text[span.start : span.end]
        start = span.start + len(piece) - len(piece.lstrip(_BLANK))
        end = span.start + len(piece.rstrip(_BLANK))
        return Span(start, end) if start < end else None

    def _covering(self, span: Span) -> int:
        if not self._kept.contains(span):
            return 0
        shown = Span(span.start - self._kept.start, span.end - self._kept.start)
        owner = self._deepest[shown.start]
        while not self._forest.spans[owner].contains(shown):
            owner = self._forest.parents[owner]
        return owner


def _nll(logprob: float | None) -> float:
    return inf if logprob is None else -logprob
