"""Whole numbers: divisors up to the root, digits and bits at once, steps in place of tests."""

from collections.abc import Iterator

from lacuna_ls.optimization.idiom import Idiom, Requirement, Site
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.optimization.requirements import apart, literal, names, plain, private
from lacuna_ls.optimization.splicing import is_assigned, margin_of, spliced, uses
from lacuna_ls.syntax.nodes import Node, ancestors, preorder

_ROOT = "(math.isqrt($n) if $n > 0 else 0)"
_SMALL = f"range(1, {_ROOT} + 1)"
_DIVIDES = ("$n % $i == 0", "not $n % $i")
_PAIRS = "find divisors in pairs"
_PURE = frozenset(("int", "len", "abs", "min", "max", "round", "math.sqrt", "math.isqrt", "math.floor",
                   "math.ceil", "sqrt", "isqrt", "floor", "ceil", "pow"))  # fmt: skip


def _divisors() -> Iterator[Idiom]:
    """A divisor i of n has a partner n // i, and one of the two is at most the root."""
    wanted = (names("i", "n"), apart("n", "i"))
    for divides in _DIVIDES:
        # All of them, and all but the number itself: what is between is none.
        for upper, itself in (("$n + 1", ""), ("$n", " - ($n if $n > 0 else 0)"),
                              ("$n // 2 + 1", " - ($n if $n > 0 else 0)")):  # fmt: skip
            both = f"sum([$i if $i * $i == $n else $i + $n // $i for $i in {_SMALL} if {divides}]){itself}"
            for summed in (f"sum([$i for $i in range(1, {upper}) if {divides}])",
                           f"sum($i for $i in range(1, {upper}) if {divides})"):  # fmt: skip
                yield Idiom(_PAIRS, summed, f"({both})" if itself else both, 100, wanted, ("math",))
            if itself:
                yield Idiom(_PAIRS, f"for $i in range(1, {upper}):\n    if {divides}:\n        $t += $i",
                            f"$t += {both}", 100,
                            (*wanted, private("i"), names("t"), apart("n", "t")), ("math",))  # fmt: skip
        yield Idiom(_PAIRS, f"[$i for $i in range(1, $n + 1) if {divides}]",
                    f"sorted({{%one for $i in {_SMALL} if {divides} for %one in ($i, $n // $i)}})",
                    100, wanted, ("math",))  # fmt: skip
        # The greatest divisor is the partner of the least.
        for downwards, last in (
            ("reversed(range($n))", "reversed(range(min($n, 2)))"),
            ("range($n - 1, 0, -1)", "range(min($n - 1, 1), 0, -1)"),
        ):
            yield Idiom("the partner of the least divisor",
                        f"for $i in {downwards}:\n    if {divides}:\n        return $i",
                        f"for $i in range(2, {_ROOT} + 1):\n    if {divides}:\n        return $n // $i\n"
                        f"for $i in {last}:\n    if {divides}:\n        return $i", 100,
                        (*wanted, private("i")), ("math",))  # fmt: skip
        yield Idiom("try divisors up to the root only",
                    f"for $i in range(2, $n):\n    if {divides}:\n        return $found\n        break\n"
                    "else:\n    $$rest",
                    f"for $i in range(2, {_ROOT} + 1):\n    if {divides}:\n        return $found\n"
                    "else:\n    $$rest", 100,
                    (*wanted, private("i"), apart("found", "i")), ("math",))  # fmt: skip
        yield Idiom("try divisors up to the root only",
                    f"for $i in range(2, $n):\n    if {divides}:\n        return $found\nelse:\n    $$rest",
                    f"for $i in range(2, {_ROOT} + 1):\n    if {divides}:\n        return $found\n"
                    "else:\n    $$rest", 100,
                    (*wanted, private("i"), apart("found", "i")), ("math",))  # fmt: skip


def _steps() -> Iterator[Idiom]:
    """Multiples in a range: a step in place of a test, from the first that is not below."""
    shapes = (
        ("range($a, $b)", "range($a + ({r} - $a) % $k, $b, $k)", (plain("a"),)),
        ("range($b)", "range({r} % $k, $b, $k)", ()),
    )
    for before, after, more in shapes:
        for condition, rest in (
            ("$i % $k == 0", "0"), ("not $i % $k", "0"), ("$i % $k == $r", "$r"), ("$i % 2 != 0", "1"),
        ):  # fmt: skip
            step = after.replace("{r}", rest)
            needed = [names("i"), *more]
            if "$k" in condition:
                needed.append(_positive("k"))
            else:
                step = step.replace("$k", "2")
            if "$r" in condition:
                needed += [literal("r"), _below("r", "k")]
            step = (
                step.replace("(0 - $a)", "-$a")
                .replace("range(0 % $k,", "range(0,")
                .replace("range(1 % 2,", "range(1,")
            )
            yield Idiom("a step for a test", f"[$e for $i in {before} if {condition}]",
                        f"[$e for $i in {step}]", 2.5, tuple(needed))  # fmt: skip
            yield Idiom("a step for a test", f"for $i in {before}:\n    if {condition}:\n        $$body",
                        f"for $i in {step}:\n    $$body", 2.5,
                        (*needed, private("i")))  # fmt: skip


def _positive(metavariable: str) -> Requirement:
    def holds(match: Match, site: Site) -> bool:
        return literal(metavariable)(match, site) and text_of(match.node(metavariable)) != "0"

    return holds


def _below(one: str, other: str) -> Requirement:
    def holds(match: Match, site: Site) -> bool:
        try:
            return int(match.text(one)) < int(match.text(other))
        except ValueError:
            return False

    return holds


def _kept_limit(match: Match, site: Site) -> str | None:
    """A limit that each round computes anew, computed again only after what it is made of changes.

    Each change stands at the end of a round, so that nothing runs between it and the new limit.
    """
    limit, body = match.node("limit"), match.bound["body"]
    if not any(node.type == "call" for node in preorder(limit)):
        return None
    if any(n.type == "call" and text_of(n.children[0]) not in _PURE for n in preorder(limit)):
        return None
    read = {
        text_of(n) for n in preorder(limit) if n.type == "identifier" and text_of(n) not in _PURE
    } - {"math"}
    members = [n for n in preorder(limit) if n.type in ("attribute", "subscript")]
    if not all(text_of(n).startswith("math.") for n in members) or _mutated(limit, body):
        return None
    if any(
        n.type in ("continue_statement", "for_statement") for top in body for n in preorder(top)
    ):
        return None
    changed = [n for name in read for n in uses(body, name) if is_assigned(n)]
    statements = [_last_of_round(node, body) for node in changed]
    if None in statements:
        return None
    name = site.fresh("limit")
    again = f"{name} = {text_of(limit)}"
    changes = [(limit, name)]
    changes += [
        (n, f"{text_of(n)}\n{margin_of(n, site)}{again}") for n in statements if n is not None
    ]
    return f"{again}\n{site.margin(match)}{spliced(match.nodes, changes, site)}"


def _mutated(limit: Node, body: tuple[Node, ...]) -> bool:
    """Whether the body may change what the limit measures: all that it does to it but read items."""
    measured = [
        text_of(n.children[1].named_children[0])
        for n in preorder(limit)
        if n.type == "call" and text_of(n.children[0]) == "len" and n.children[1].named_children
    ]
    return any(
        use.parent is None or use.parent.type != "subscript" or is_assigned(use.parent)
        for name in measured
        for use in uses(body, name)
    )


def _last_of_round(node: Node, body: tuple[Node, ...]) -> Node | None:
    """The statement that the node is in, if nothing follows it in a round of the loop."""
    statement = next((n for n in ancestors(node) if n.type == "expression_statement"), None)
    inner = statement
    while inner is not None and inner not in body:
        outer = inner.parent
        if outer is None:
            return None
        if outer.type == "block":
            if [n for n in outer.named_children if n.type != "comment"][-1] != inner:
                return None
        elif outer.type not in ("if_statement", "else_clause", "elif_clause"):
            return None
        inner = outer
    return statement if inner == body[-1] else None


NUMBERS = (
    *_divisors(),
    *_steps(),
    *(
        Idiom("a divisor by math.gcd", f"while {condition}:\n    $a, $b = $b, $a % $b",
              "$a, $b = ((math.gcd($a, $b) if $b > 0 else -math.gcd($a, $b)) if $b else $a), 0", 4,
              (names("a", "b"),), ("math",))
        for condition in ("$b", "$b != 0")
    ),
    *(
        Idiom("digits by their text", f"while {condition}:\n    $t += $n % 10\n    $n //= 10",
              "if $n > 0:\n    $t += sum(map(int, str($n)))\n    $n = 0", 2,
              (names("n", "t"), apart("n", "t")))
        for condition in ("$n > 0", "$n")
    ),
    *(
        Idiom("count bits", f"while {condition}:\n    {counted}\n    {less}",
              "if $n > 0:\n    $t += bin($n).count('1')\n    $n = 0", 6, (names("n", "t"), apart("n", "t")))
        for condition in ("$n > 0", "$n")
        for counted, less in (("$t += $n & 1", "$n >>= 1"), ("$t += $n % 2", "$n //= 2"),
                              ("$n &= $n - 1", "$t += 1"), ("$t += 1", "$n &= $n - 1"))
    ),
    *(
        Idiom("the highest bit at once",
              f"for $i in range($n, 0, -1):\n    if {power}:\n        $t = $i\n        break",
              "if $n > 0:\n    $t = 1 << ($n.bit_length() - 1)", 100,
              (names("n", "t"), private("i"), apart("n", "i", "t")))
        for power in ("$i & $i - 1 == 0", "$i & ($i - 1) == 0", "not $i & ($i - 1)")
    ),
    *(
        Idiom("repeat a value", f"[{value} for $i in range($n)]", f"[{value}] * ($n)", 4,
              (names("i"), *((literal("c"),) if value == "$c" else ())))
        for value in ("$c", "None", "True", "False", "''")
    ),
    *(
        Idiom("compute the limit when it changes", f"while {condition}:\n    $$body", _kept_limit, 1.8,
              (names("i"), apart("limit", "i")))
        for condition in ("$i <= $limit", "$i < $limit")
    ),
)  # fmt: skip
