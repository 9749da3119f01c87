"""What an agent must hear, and could not be told at once: some hooks have no answer.

A loss is found once. Where nobody could be told of it then, it waits for the next hook
that has a way.
"""

import os
from contextlib import suppress


def keep(common_folder: str, seat: str, text: str) -> None:
    """Have `seat` be told `text` later; where that cannot be kept, a verb will tell."""
    file = _file(common_folder, seat)
    with suppress(OSError):
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "a", encoding="utf-8") as lines:
            lines.write(f"{text}\n")


def taken(common_folder: str, seat: str) -> str:
    """What `seat` was not told yet; from here on it was."""
    file = _file(common_folder, seat)
    try:
        with open(file, encoding="utf-8") as lines:
            text = lines.read()
        os.unlink(file)
    except OSError:
        return ""
    return text.rstrip("\n")


def _file(common_folder: str, seat: str) -> str:
    name = seat.casefold().replace("/", "~")
    return os.path.join(common_folder, "fleetfeed", f"untold-{name}")
