"""A beam that goes best first finds the lines of one that goes step by step."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model.cursor import OpenFiles
from lacuna_ls.model.decode import Decoding, beam, nesting
from lacuna_ls.model.mixture import Mixture
from lacuna_ls.model.vocabulary import Vocabulary

code = st.lists(
    st.sampled_from(["a", "b", "c", "f(", ")", ".", " = ", "\n", "1", ", "]), max_size=60
).map("".join)


def found_by(steps):
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def step_by_step(mixture, position, most, width, token_limit):
    """All paths of a length go on before any longer one does; nothing is given up early."""
    paths: list[tuple[tuple[str, ...], tuple[int, ...], float, int]]
    paths, lines = [((), position.context, 1.0, 0)], []
    for _ in range(token_limit):
        grown = []
        for texts, context, p, depth in paths:
            seen = mixture.distribution(context)
            closing = position.closing if depth <= 0 else None
            lines.append((p * seen.end(closing), "".join(texts)))
            for option in seen.best(width, closing):
                path = (*texts, option.text), (*context[1:], option.token)
                grown.append((*path, p * option.probability, depth + nesting(option.text)))
        paths = sorted(grown, key=lambda path: -path[2])[:width]
    best: dict[str, float] = {}
    for p, text in [*lines, *((p, "".join(texts)) for texts, _, p, _ in paths)]:
        best[text] = max(best.get(text, 0.0), p)
    return sorted(best.values(), reverse=True)[:most]


@given(code, st.integers(1, 4))
def test_the_lines_are_as_likely_as_those_of_a_search_step_by_step(text, most):
    vocabulary = Vocabulary()
    cursor = found_by(OpenFiles(vocabulary).locate(text + "\n", ""))
    mixture = Mixture(vocabulary, cursor.file, ())
    lines = found_by(beam(mixture, cursor.position, Decoding(max_tokens=4, n=most)))
    likely = [exp(line.logprob) for line in lines]
    expected = step_by_step(mixture, cursor.position, most, max(3, most), 4)
    assert likely == pytest.approx(expected[: len(likely)])
    assert all(p < likely[0] / 100 for p in expected[len(likely) :])
