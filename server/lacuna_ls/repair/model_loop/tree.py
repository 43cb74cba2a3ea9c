"""The tree of drafts: which to refine next, and which not to.

CodeTree (Li et al., 2025) lets agents grow and prune a tree of strategies and solutions; here the
execution alone says how good a node is. A draft that is worse than what it was made from is pruned,
and only the best few are ever refined.
"""

from dataclasses import dataclass

from lacuna_ls.repair.model_loop.prompts import Attempt, Strategy
from lacuna_ls.repair.model_loop.standing import Standing


@dataclass(frozen=True, slots=True)
class Node:
    """A draft, or the original. `data` is the whole file with it."""

    attempt: Attempt
    data: bytes
    standing: Standing
    strategy: Strategy


class Tree:
    """Grows by `add`; `beam` is how many of the best are refined and shown."""

    def __init__(self, root: Node, beam: int) -> None:
        self._root = root
        self._beam = beam
        self._nodes: list[Node] = []
        self._refined: set[int] = set()

    @property
    def best_standing(self) -> Standing:
        return max((node.standing for node in self._nodes), default=self._root.standing)

    def add(self, node: Node, parent: Node | None = None) -> bool:
        """Whether the node stays. Without a parent it is measured by the original."""
        if node.standing < (parent or self._root).standing:
            return False
        self._nodes.append(node)
        return True

    def next_to_refine(self) -> Node | None:
        """The best of the beam that was not refined yet; the original if there is nothing better."""
        for node in self._best():
            if id(node) not in self._refined:
                self._refined.add(id(node))
                return node
        if id(self._root) not in self._refined:
            self._refined.add(id(self._root))
            return self._root
        return None

    def others(self, node: Node) -> tuple[Attempt, ...]:
        """What is carried forward into a question about `node`: the best of the other drafts."""
        return tuple(each.attempt for each in self._best() if each is not node)

    def _best(self) -> list[Node]:
        """Of equals the later one: it has learnt from the earlier."""
        order = sorted(
            enumerate(self._nodes), key=lambda each: (each[1].standing, each[0]), reverse=True
        )
        return [node for _, node in order[: self._beam]]
