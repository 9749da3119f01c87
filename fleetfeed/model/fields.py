"""The fields of a post: which there are, and what each takes.

A check gets the value as text and returns what is wrong with it, or an empty text.
Only what can be said of a value alone is checked here; what depends on the item, the
policy or other posts is the judge's.
"""

import re
from collections.abc import Callable, Sequence

from fleetfeed.model import names
from fleetfeed.model.post import State
from fleetfeed.util import durations
from fleetfeed.util.records import record

Check = Callable[[str], str]

NONE = "none"
_AT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z"
)
LONGEST_OP = 64
"""Characters of an OP at the most."""

_OP = rf"[A-Za-z0-9._\-]{{1,{LONGEST_OP}}}"
_WHOLE = r"0|[1-9][0-9]{0,8}"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY = 2
HIGHEST_PRIORITY = 99


def _nobody_knows(text: str) -> str:
    del text
    return ""


@record
class FieldSpec:
    """One field: its check, whether it takes a list, and whether a note may have it.

    `shape` is the regular expression that a value fits, as far as one can tell that.
    `meant` gives what a wrong value probably means; empty where nobody knows. `clears`
    says that the word `none`, alone, takes away what the item has.
    """

    check: Check
    shape: str
    many: bool = False
    in_note: bool = True
    meant: Check = _nobody_knows
    clears: bool = False


def is_none(text: str) -> bool:
    """Whether a value is the word `none`, which lets go of what the item has."""
    return text.strip().casefold() == NONE


def lets_go(values: Sequence[str]) -> bool:
    """Whether a list says `none`, alone: among others it is one of them."""
    return len(values) == 1 and is_none(values[0])


_SOMETHING = r"[\s\S]*\S[\s\S]*"
_ONE_LINE = r"\n*[^\n]*[^\s][^\n]*\n*"


def _any(text: str) -> str:
    return "" if text.strip() else "is empty; leave the field out"


def _one_line(text: str) -> str:
    many = "\n" in text.strip("\n")
    return "is more than one line; write one" if many else _any(text)


def _item(text: str) -> str:
    if names.parse(text):
        return ""
    return f"is no item; write {names.meant(text) or 'one such as CMB-0036'}"


def _seat(text: str) -> str:
    if len(text) > names.LONGEST_SEAT:
        return f"has more than {names.LONGEST_SEAT} characters; shorten it"
    fits = names.SEAT.fullmatch(text)
    return "" if fits else "is no seat; write one such as CAMBER-06 or CAMBER-06/task"


def _state(text: str) -> str:
    known = [state.value for state in State]
    return "" if text in known else f"is no state; write one of {', '.join(known)}"


def _state_meant(text: str) -> str:
    """The state that `text` spells in other letters, or with other signs between."""
    words = "_".join(re.findall("[A-Z]+", text.upper()))
    return words if not _state(words) else ""


def _at(text: str) -> str:
    wrong = "is no UTC time; write one such as 2026-05-03T18:55:12Z"
    return "" if _AT.fullmatch(text) and _is_time(text) else wrong


def _is_time(text: str) -> bool:
    """Whether the numbers are those of a day and its time, as `datetime` has them.

    That module takes 1 ms to import, and every post has an `AT`.
    """
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year == 0 or not 1 <= month <= len(_DAYS):
        return False
    days = 28 if month == _FEBRUARY and not leap else _DAYS[month - 1]
    clock = hour < 24 and minute < 60 and second < 60  # noqa: PLR2004 - a day's
    return clock and 1 <= day <= days


def _owner(text: str) -> str:
    return "" if is_none(text) else _seat(text)


def _lease(text: str) -> str:
    fits = text == NONE or durations.seconds(text)
    return "" if fits else "is no lease; write 90s, 30m, 2h, 1d or none"


def _whole(text: str) -> str:
    fits = re.fullmatch(_WHOLE, text)
    return "" if fits else "is no whole number; write one such as 2"


def _number(text: str) -> str:
    return "is no post's number; posts begin with 1" if text == "0" else _whole(text)


def _turn(text: str) -> str:
    fits = is_none(text) or (re.fullmatch(_WHOLE, text) and text != "0")
    return "" if fits else "is no place in a line; write a number from 1 on, or none"


def _priority(text: str) -> str:
    fits = re.fullmatch(_WHOLE, text) and int(text) <= HIGHEST_PRIORITY
    return "" if fits else f"is no priority; write 0 (first) to {HIGHEST_PRIORITY}"


def _op(text: str) -> str:
    fits = re.fullmatch(_OP, text)
    return "" if fits else "is no id; write letters, digits and . _ -"


_BRANCH = r"(?![-/.])[^\x00-\x20~^:?*\[\\\x7f]{1,250}(?<![/.])"


def _branch(text: str) -> str:
    fits = re.fullmatch(_BRANCH, text)
    return "" if fits else "is no branch; write its name such as CMB-0036-pages"


SAYS_NONE = r"\s*[nN][oO][nN][eE]\s*"
"""The word `none`, as `is_none` knows it."""
_STATES = "|".join(state.value for state in State)

SPECS = {
    "ITEM": FieldSpec(_item, names.ITEM),
    "STATE": FieldSpec(_state, _STATES, in_note=False, meant=_state_meant),
    "SEAT": FieldSpec(_seat, names.SEAT.pattern, meant=names.seat_meant),
    "AT": FieldSpec(_at, _AT.pattern),
    "SUBJECT": FieldSpec(_one_line, _ONE_LINE),
    "OWNER": FieldSpec(
        _owner,
        f"{names.SEAT.pattern}|{SAYS_NONE}",
        in_note=False,
        meant=names.seat_meant,
    ),
    "SURFACE_KEY": FieldSpec(_one_line, _ONE_LINE, many=True, in_note=False),
    "NO_OVERLAP_PROOF": FieldSpec(_any, _SOMETHING),
    "LEASE": FieldSpec(_lease, f"{durations.SPAN}|{NONE}", in_note=False),
    "TURN": FieldSpec(_turn, f"[1-9][0-9]{{0,8}}|{SAYS_NONE}", in_note=False),
    "EPOCH": FieldSpec(_whole, _WHOLE, in_note=False),
    "REASON": FieldSpec(_any, _SOMETHING),
    "OP": FieldSpec(_op, _OP),
    "REPAIRS": FieldSpec(_number, "[1-9][0-9]{0,8}"),
    "DEPENDS_ON": FieldSpec(
        _item, f"{names.ITEM}|{SAYS_NONE}", many=True, meant=names.meant, clears=True
    ),
    "PARENT": FieldSpec(_item, names.ITEM, meant=names.meant),
    "PRIORITY": FieldSpec(_priority, "[0-9]|[1-9][0-9]"),
    "BRANCH": FieldSpec(_branch, _BRANCH),
    "BODY": FieldSpec(_any, _SOMETHING),
}
"""The fields that fleetfeed knows, in the order in which it writes them."""

REQUIRED = ("ITEM", "STATE", "SEAT")
REQUIRED_IN_NOTE = ("SEAT", "BODY")
