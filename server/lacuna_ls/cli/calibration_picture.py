"""A picture of a calibration: misses, and what is given up for them, against epsilon (SVG)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 560, 360
_LEFT, _TOP, _RIGHT, _BOTTOM = 60, 50, 20, 60
_MOST_EPSILON = 0.5
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Point:
    """At one epsilon: the share of completions that missed, and of their nodes in holes."""

    epsilon: float
    miss: float
    removed: float


def picture(points: Sequence[Point], title: str) -> str:
    """An SVG document. The dashed line is where misses equal epsilon: they are to stay below."""
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-size="14">{escape(title)}</text>',
        *_axes(points),
        _line(((0.0, 0.0), (_MOST_EPSILON, _MOST_EPSILON)), "#888", dashed=True),
        *_curve([(p.epsilon, p.removed) for p in points], "#2563eb", "nodes in holes"),
        *_curve([(p.epsilon, p.miss) for p in points], "#dc2626", "misses"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axes(points: Sequence[Point]) -> Iterable[str]:
    yield _line(((0.0, 0.0), (_MOST_EPSILON, 0.0)), "#000")
    yield _line(((0.0, 0.0), (0.0, 1.0)), "#000")
    for share in _TICKS:
        y = _y(share)
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:g}</text>'
    for point in points:
        x, y = _x(point.epsilon), _y(0.0) + 18
        yield f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{point.epsilon:g}</text>'
    x, y = _x(_MOST_EPSILON / 2), _HEIGHT - 16
    yield f'<text x="{x:.1f}" y="{y}" text-anchor="middle">epsilon</text>'


def _curve(values: Sequence[tuple[float, float]], colour: str, name: str) -> Iterable[str]:
    if not values:
        return
    yield _line(values, colour)
    for epsilon, share in values:
        yield f'<circle cx="{_x(epsilon):.1f}" cy="{_y(share):.1f}" r="4" fill="{colour}"/>'
    epsilon, share = values[-1]
    x, y = _x(epsilon) - 6, _y(share) - 10
    yield f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="end" fill="{colour}">{escape(name)}</text>'


def _line(values: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    points = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in values)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>'


def _x(epsilon: float) -> float:
    return _LEFT + epsilon / _MOST_EPSILON * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)
