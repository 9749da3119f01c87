"""The plot of cost against size: a picture in SVG, on logarithmic axes.

It has its own background and knows dark pages. The strokes are the quartiles.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bench.spread import Spread

_WIDTH, _HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 560, 44, 392
_LINE = 17

_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.head { font-weight: 600; }
.page { fill: #ffffff; } .grid { stroke: #d8dee4; } .soft { fill: #57606a; }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .page { fill: #0d1117; } .grid { stroke: #30363d; }
  .soft { fill: #9198a1; }
}"""


@dataclass(frozen=True, slots=True)
class Line:
    """One cost, in milliseconds, by the number of posts."""

    label: str
    colour: str
    points: Sequence[tuple[int, Spread]]
    dashes: str = ""


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where a number of posts and a time stand in the picture."""

    posts: tuple[int, int]
    decades: tuple[int, int]

    @classmethod
    def around(cls, lines: Sequence[Line]) -> "_Axes":
        points = [point for line in lines for point in line.points]
        times = [t for _, s in points for t in (s.low, s.high) if t > 0] or [1.0]
        low, high = (math.log10(edge) for edge in (min(times), max(times)))
        sizes = [posts for posts, _ in points] or [1]
        return cls(
            (min(sizes), max(sizes)),
            (math.floor(low), max(math.floor(low) + 1, math.ceil(high))),
        )

    def x(self, posts: int) -> float:
        least, most = map(math.log10, self.posts)
        share = (math.log10(posts) - least) / (most - least) if most > least else 0.5
        return round(_LEFT + share * (_RIGHT - _LEFT), 1)

    def y(self, time: float) -> float:
        low, high = self.decades
        share = (math.log10(max(time, 10.0**low)) - low) / (high - low)
        return round(_BOTTOM - share * (_BOTTOM - _TOP), 1)


def svg(title: str, lines: Iterable[Line]) -> str:
    """The picture. Lines without points are left out."""
    shown = [line for line in lines if line.points]
    axes = _Axes.around(shown)
    ends = _apart([axes.y(line.points[-1][1].median) for line in shown])
    parts = [
        *_frame(title, axes, sorted({p for line in shown for p, _ in line.points})),
        *(part for line in shown for part in _drawn(line, axes)),
        *(_label(line, axes, at) for line, at in zip(shown, ends, strict=True)),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{escape(title)}">'
    )
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>\n"])


def _frame(title: str, axes: _Axes, sizes: Sequence[int]) -> list[str]:
    low, high = axes.decades
    middle = (_LEFT + _RIGHT) / 2
    return [
        f'<rect class="page" width="{_WIDTH}" height="{_HEIGHT}"/>',
        f'<text class="head" x="{_LEFT}" y="24">{escape(title)}</text>',
        *(_rule(axes.y(10.0**d), f"{10.0**d:,g}") for d in range(low, high + 1)),
        *(_soft(axes.x(posts), _BOTTOM + 20, f"{posts:,}") for posts in sizes),
        _soft(middle, _BOTTOM + 40, "posts in the feed"),
        _soft(_LEFT - 8, _TOP - 14, "ms", "end"),
    ]


def _rule(y: float, text: str) -> str:
    line = f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}"/>'
    return line + _soft(_LEFT - 8, y + 4, text, "end")


def _soft(x: float, y: float, text: str, anchor: str = "middle") -> str:
    place = f'x="{x}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="soft" {place}>{text}</text>'


def _drawn(line: Line, axes: _Axes) -> list[str]:
    places = [(axes.x(posts), spread) for posts, spread in line.points]
    path = " ".join(f"{x},{axes.y(spread.median)}" for x, spread in places)
    pen = f'stroke="{line.colour}" stroke-dasharray="{line.dashes}"'
    return [
        f'<polyline points="{path}" {pen}/>',
        *(
            f'<circle cx="{x}" cy="{axes.y(s.median)}" r="3" fill="{line.colour}"/>'
            f'<line x1="{x}" x2="{x}" y1="{axes.y(s.low)}" y2="{axes.y(s.high)}" '
            f'stroke="{line.colour}" stroke-width="5" stroke-opacity="0.5"/>'
            for x, s in places
        ),
    ]


def _label(line: Line, axes: _Axes, at: float) -> str:
    x, y = axes.x(line.points[-1][0]), axes.y(line.points[-1][1].median)
    return (
        f'<polyline points="{x + 5},{y} {_RIGHT + 16},{at} {_RIGHT + 24},{at}" '
        f'stroke="{line.colour}" style="stroke-width:1"/>'
        f'<text x="{_RIGHT + 28}" y="{at + 4}">{escape(line.label)}</text>'
    )


def _apart(places: Sequence[float]) -> list[float]:
    """The labels' heights: as near to their lines as they can be without touching."""
    order = sorted(range(len(places)), key=places.__getitem__)
    found = [0.0] * len(places)
    top = -math.inf
    for index in order:
        top = found[index] = max(places[index], top + _LINE)
    bottom = float(_BOTTOM + _LINE)
    for index in reversed(order):
        bottom = found[index] = min(found[index], bottom - _LINE)
    return found
