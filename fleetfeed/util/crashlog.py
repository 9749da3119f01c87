"""The one crash path: a bug is written to a log, and told in one sentence."""

import os
import platform
import tempfile
import traceback
from pathlib import Path

from fleetfeed import __version__
from fleetfeed.util.printable import printable


def report_crash(error: BaseException) -> str:
    """Write the trace of `error` to a log; a sentence that says where it is."""
    what = printable(f"{type(error).__name__}: {error}", 200)
    text = "".join(traceback.format_exception(error))
    head = f"fleetfeed {__version__}, Python {platform.python_version()}\n"
    for folder in _folders():
        try:
            return f"this is a bug ({what}); see {_written(folder, head + text)}"
        except OSError:
            continue
    return f"this is a bug ({what}), and no log could be written"


def _folders() -> list[Path]:
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    try:
        own = [Path(state, "fleetfeed").expanduser()]
    except RuntimeError:  # a server's account may have no home
        own = []
    return [*own, Path(tempfile.gettempdir())]


def _written(folder: Path, text: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(".log", "fleetfeed-", folder)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
        log.write(text)
    return name
