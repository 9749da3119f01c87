"""A small JSON file in which a clone keeps in mind what it can do without."""

import json
import os
from contextlib import suppress
from pathlib import Path


def keep(file: Path, value: object) -> None:
    """Replace the file as a whole; where it cannot be kept, less is known next time.

    The folder above its own must be there.
    """
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        beside.write_text(json.dumps(value), "utf-8")
        beside.replace(file)
