"""Time against size, before and after, as SVG: both axes logarithmic, one panel a function."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from statistics import median

from lacuna_ls.domain.timing import Timed

_WIDTH, _HEIGHT, _MARGIN = 420, 300, 56
_COLOURS = {"before": "#b3541e", "after": "#1e6fb3"}

Point = tuple[float, float]


def picture(functions: Sequence[tuple[str, Sequence[Timed]]]) -> str:
    """The picture; functions that were timed on fewer than two sizes are left out."""
    panels = [(name, lines) for name, timed in functions if (lines := _lines(timed)) is not None]
    height = _HEIGHT * max(len(panels), 1)
    body = "".join(
        f'<g transform="translate(0 {_HEIGHT * number})">{"".join(_panel(name, lines))}</g>'
        for number, (name, lines) in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/>{body}</svg>\n'
    )


def _lines(timed: Sequence[Timed]) -> dict[str, list[Point]] | None:
    """For both, the median time in seconds by size, of all inputs of a level together."""
    before: list[Point] = []
    after: list[Point] = []
    for level in sorted({each.level for each in timed if each.level}):
        rows = [each for each in timed if each.level == level and each.original_ns]
        if rows:
            size = median(each.size for each in rows)
            before.append((size, sum(median(each.original_ns) for each in rows) / 1e9))
            after.append((size, sum(median(each.variant_ns) for each in rows) / 1e9))
    return {"before": before, "after": after} if len(before) > 1 else None


def _panel(name: str, lines: dict[str, list[Point]]) -> Iterator[str]:
    points = [point for line in lines.values() for point in line]
    xs, ys = ([math.log10(max(each, 1e-9)) for each in axis] for axis in zip(*points, strict=True))
    left, right, low, high = min(xs), max(xs), math.floor(min(ys)), math.ceil(max(ys))

    def place(point: Point) -> tuple[float, float]:
        x = (math.log10(max(point[0], 1e-9)) - left) / ((right - left) or 1)
        y = (math.log10(max(point[1], 1e-9)) - low) / ((high - low) or 1)
        return _MARGIN + x * (_WIDTH - 2 * _MARGIN), _HEIGHT - _MARGIN - y * (_HEIGHT - 2 * _MARGIN)

    yield f'<text x="{_MARGIN}" y="28" font-size="14">{escape(name)}: time against size</text>'
    for power in range(low, high + 1):
        _, y = place((1, 10.0**power))
        yield f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{_MARGIN - 6}" y="{y + 4:.1f}" text-anchor="end">{_time(power)}</text>'
    for size in sorted({point[0] for point in points}):
        x, _ = place((size, 1))
        yield f'<text x="{x:.1f}" y="{_HEIGHT - _MARGIN + 16}" text-anchor="middle">{size:g}</text>'
    for number, (label, line) in enumerate(lines.items()):
        placed = [place(point) for point in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        colour = _COLOURS[label]
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed)
        at = _WIDTH - _MARGIN - 40
        yield f'<text x="{at}" y="{28 + 14 * number}" fill="{colour}">{label}</text>'


def _time(power: int) -> str:
    unit, scale = next(
        ((unit, scale) for unit, scale in (("s", 0), ("ms", -3), ("us", -6)) if power >= scale),
        ("ns", -9),
    )
    return f"{10 ** (power - scale)} {unit}"
