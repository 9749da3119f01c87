"""The board as one page for a browser, which needs nothing else.

Everything from a post is hostile. Jinja2 escapes each value where it is put in, and
`printable` has written out before what is not to be seen; the page's own policy lets
nothing run and nothing load but the style and the script in it, by their digests.
"""

import base64
import re
import time
from functools import cache
from hashlib import sha256
from importlib.resources import files

from fleetfeed.board import plots
from fleetfeed.board.model import ALERTS, WORDS, Alert, Board, Row
from fleetfeed.board.words import (
    EXPLAINED,
    HEADINGS,
    SECTIONS,
    glance,
    headline,
    holder,
    lease_words,
    role,
)
from fleetfeed.model.errors import Usage
from fleetfeed.util.durations import in_words
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jinja2 import Environment

_LONGEST = 400
"""Characters of a text that are shown."""

_MOST_ALERTS, _MOST_NOTES = 12, 5
"""Alerts of one kind that are listed; the table has all."""


@record
class AlertGroup:
    """The alerts of one kind: those that are listed, and how many there are."""

    kind: str
    title: str
    alerts: tuple[Alert, ...]
    count: int


def page(board: Board, *, commit: str, age: str) -> str:
    """The page of `board`, of the feed at `commit`; `age` says which, and how fresh.

    Usage where Jinja2 is not installed.
    """
    style, script = _own("board.css"), _own("board.js")
    policy = content_policy(style, script)
    facts = _facts(board, commit, age)
    return _whole(facts, policy=policy, style=style, script=script)


class LivePage:
    """The page that follows the feed; `policy` is the one that it must be sent with."""

    def __init__(self) -> None:
        """Usage where Jinja2 is not installed."""
        _environment()
        self._style = _own("board.css") + _own("live.css")
        self._script = _own("board.js") + _own("live.js")
        own = content_policy(self._style, self._script)
        self.policy = (
            f"{own}; connect-src 'self'; img-src 'self'; frame-ancestors 'none'"
        )

    def of(self, board: Board, version: str, source: str) -> str:
        """The page of `board`, whose pieces are of `version`; `source` says of what."""
        facts = {**_facts(board, "", source), "live": version}
        return _whole(facts, policy="", style=self._style, script=self._script)


def _whole(facts: dict[str, object], **head: str) -> str:
    env = _environment()
    # No text of it has a line's end: what begins a line is the template's.
    body = re.sub(r"\n\s+", "\n", env.get_template("board.html.j2").render(facts))
    return env.get_template("page.html.j2").render(**facts, **head, body=body)


class Parts:
    """The parts of a page of `board`, each by itself."""

    def __init__(self, board: Board) -> None:
        """Usage where Jinja2 is not installed."""
        self._template = _environment().get_template("board.html.j2")
        self._facts = _facts(board, "", "")

    def row(self, row: Row) -> str:
        """The row of an item."""
        return self._block("row", {**self._facts, "row": row})

    def others(self) -> dict[str, str]:
        """All that is no row, no filter and no head, by its name."""
        return {name: self._block(name, self._facts) for name in PARTS}

    def _block(self, name: str, facts: dict[str, object]) -> str:
        made = self._template.blocks[name](self._template.new_context(facts))
        return re.sub(r"\n\s+", "\n", "".join(made)).strip()


PARTS = ("summary", "look", "lines", "fought", "plots", "foot")
"""What a page has beside its rows: an element each, of that class."""


def choices(board: Board) -> dict[str, tuple[tuple[str, str], ...]]:
    """What the filters offer, by their names: a value, and what it is called."""
    return {
        "state": tuple((state, WORDS[state]) for state, _ in board.counts),
        "lane": tuple(
            (_shown(lane), f"{_shown(lane) or 'none'} ({count})")
            for lane, count in board.lanes
        ),
        "who": tuple((_shown(seat), _shown(seat)) for seat in _seats(board)),
    }


def _seats(board: Board) -> list[str]:
    return sorted({row.who for row in board.rows if row.who})


def _shown(text: object) -> str:
    return printable(str(text), _LONGEST)


def content_policy(*own: str) -> str:
    """A Content-Security-Policy that lets nothing in but `own`, style and script."""
    style, script = (f"'sha256-{_digest(text)}'" for text in own)
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(sha256(text.encode()).digest()).decode()


def _facts(board: Board, commit: str, age: str) -> dict[str, object]:
    """What the templates know."""
    return {
        "board": board,
        "commit": commit,
        "age": age,
        "headline": headline(board),
        "glance": tuple(glance(board)),
        "headings": HEADINGS,
        "sections": SECTIONS,
        "explained": _explained(board),
        "explained_all": EXPLAINED,
        "groups": _groups(board),
        "open_plot": plots.open_plot(board.stats),
        "lead_bars": plots.lead_bars(board.stats),
        "contention": plots.contention_bars(board),
        "timeline": plots.timeline(board.stats),
        "infinity": float("inf"),
        "choices": choices(board),
        "live": "",
    }


def _explained(board: Board) -> tuple[tuple[str, str, str], ...]:
    """The shapes that are to be seen, or may be: their words, and what those mean."""
    states = [(state, WORDS[state]) for state, _ in board.counts]
    alerts = [(kind, title) for kind, title in ALERTS.items() if kind != "unreadable"]
    return tuple((n, word, EXPLAINED[n]) for n, word in (*states, *alerts))


def _groups(board: Board) -> tuple[AlertGroup, ...]:
    """The alerts by their kinds, the most urgent first."""
    found: dict[str, list[Alert]] = {}
    for alert in board.alerts:
        found.setdefault(alert.kind, []).append(alert)
    return tuple(
        AlertGroup(kind, title.capitalize(), tuple(there[: _most(kind)]), len(there))
        for kind, title in ALERTS.items()
        if (there := found.get(kind))
    )


def _most(kind: str) -> int:
    return _MOST_NOTES if kind == "notes" else _MOST_ALERTS


@cache
def _environment() -> "Environment":
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        todo = "`pip install 'fleetfeed[board]'` brings it"
        raise Usage(f"a page is made by Jinja2, which is not here; {todo}") from error
    made = Environment(
        loader=PackageLoader("fleetfeed.board", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        shown=_shown,
        span=lambda seconds: in_words(max(0.0, float(seconds))),
        stamp=_stamp,
        clock=lambda at: time.strftime("%d %b %H:%M", time.gmtime(at)).lstrip("0"),
        word=WORDS.__getitem__,
        lease=lease_words,
        role=role,
        holder=holder,
        units=lambda number: f"{number:.1f}",
    )
    # Not imported by the templates: a block that is rendered alone has no imports.
    said = vars(made.get_template("words.html.j2").module)
    made.globals.update(
        {name: said[name] for name in ("shape", "who", "key", "ids", "swatch")}
    )
    return made


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


@cache
def _own(name: str) -> str:
    """One of the page's own files."""
    return files("fleetfeed.board").joinpath("web", name).read_text("utf-8")
