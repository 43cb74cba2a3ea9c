"""Stop strings in what comes line by line: one may begin on one line and end on a later one."""

from collections.abc import Sequence

from lacuna_ls.model.decode import Line, Piece, cut_at, first_stop


def stopped(line: Line, stops: Sequence[str]) -> Line:
    """A statement up to its first stop string; itself, if it has none."""
    length = first_stop(line.text, stops)
    return line if length is None else cut_at(line, length)


def settled(pieces: tuple[Piece, ...], stops: Sequence[str]) -> tuple[Piece, ...]:
    """The first of `pieces`, in which no stop string begins, whatever comes next."""
    text = "".join(piece.text for piece in pieces)
    end = first_stop(text, stops)
    if end is None:
        end = len(text) - max((_begun(text, stop) for stop in stops), default=0)
    length = 0
    for number, piece in enumerate(pieces):
        length += len(piece.text)
        if length > end:
            return pieces[:number]
    return pieces


def _begun(text: str, stop: str) -> int:
    """How much of a stop string, but not all of it, stands at a text's end."""
    sizes = range(min(len(stop) - 1, len(text)), 0, -1)
    return next((size for size in sizes if text.endswith(stop[:size])), 0)
