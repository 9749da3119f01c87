"""Our own words in colour: what a line begins with, never what a stranger wrote in it.

Nobody's text begins a line (`cli.context.uncut`, and what is indented), so a pattern at
the beginning of one meets what we have written ourselves.
"""

import re

_YELLOW, _RED, _GREEN, _BLUE, _OFF = (
    f"\x1b[{number}m" for number in ("33", "31", "32", "36", "")
)
_STATES = {
    "AWAITING_CLAIM": _BLUE,
    "IN_PROGRESS": _GREEN,
    "BLOCKED": _RED,
    "PARKED": _YELLOW,
    "UNREADABLE": _RED,
    "unreadable": _RED,
    "reject": _RED,
    "warn": _YELLOW,
    "over": _RED,
}
"""Word -> its colour; what is over has none."""

_LINES = re.compile(
    r"^(?:"
    r"(?P<row>item=)(?P<item>\S+) state=(?P<state>\w+)"
    r"|(?P<post>  \d{4} )(?P<at>(?:\S+ )?)(?P<became>[A-Z_]+|unreadable)(?=[ :])"
    r"|(?P<when>(?:\d{4}-\S+|-) )(?P<place>[A-Z][\w/-]*|-) "
    r"(?P<now>[A-Z_]+|note|unreadable)(?= )"
    r"|(?P<code>FF\d{3})  (?P<level>reject|warn)"
    r")",
    re.MULTILINE,
)
_LEFT = re.compile(r"^(item=\S+ .* lease_left=)(over)\b", re.MULTILINE)


def coloured(text: str) -> str:
    """`text` with items and states in colour."""
    return _LEFT.sub(_lapsed, _LINES.sub(_line, text))


def _line(match: re.Match[str]) -> str:
    said = match.groupdict()
    if said["row"]:
        return f"item={_in(_YELLOW, said['item'])} state={_state(said['state'])}"
    if said["post"]:
        return f"{said['post']}{said['at']}{_state(said['became'])}"
    if said["when"]:
        return f"{said['when']}{_in(_YELLOW, said['place'])} {_state(said['now'])}"
    return f"{_in(_YELLOW, said['code'])}  {_state(said['level'])}"


def _lapsed(match: re.Match[str]) -> str:
    return f"{match[1]}{_state(match[2])}"


def _state(word: str) -> str:
    return _in(_STATES.get(word, ""), word)


def _in(colour: str, word: str) -> str:
    return f"{colour}{word}{_OFF}" if colour else word
