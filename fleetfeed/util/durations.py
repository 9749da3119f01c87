"""Spans of time as posts write them: `90s`, `30m`, `2h`, `1d`."""

import re

SPAN = r"([1-9][0-9]{0,6})([smhd])"
"""A span of time as it is written."""
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WORDS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def seconds(text: str) -> int | None:
    """The seconds of a span; None where `text` is none."""
    match = re.fullmatch(SPAN, text)
    return int(match[1]) * _SECONDS[match[2]] if match else None


def spelt(whole: int) -> str:
    """A span of `whole` seconds as posts write it, in the largest unit that fits."""
    unit = next(u for u in ("d", "h", "m", "s") if whole % _SECONDS[u] == 0)
    return f"{whole // _SECONDS[unit]}{unit}"


def in_words(seconds: float) -> str:
    """About how long: in the largest unit of which it has some two, `90 min`."""
    for unit, size in _WORDS:
        if seconds > 1.99 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds)} s"
