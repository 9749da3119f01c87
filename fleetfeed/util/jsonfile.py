"""A small JSON file in which a clone keeps in mind what it can do without."""

import json
import os
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def kept(file: str) -> "Any":  # noqa: ANN401 - whatever it says
    """What the file says; OSError or ValueError where it cannot be read."""
    with open(file, encoding="utf-8") as text:
        return json.load(text)


def keep(file: str, value: object) -> None:
    """Replace the file as a whole; where it cannot be kept, less is known next time.

    The folder above its own must be there.
    """
    beside = f"{file}.{os.getpid()}"
    with suppress(OSError):
        with suppress(FileExistsError):
            os.mkdir(os.path.dirname(file))
        with open(beside, "w", encoding="utf-8") as text:
            json.dump(value, text)
        os.replace(beside, file)
