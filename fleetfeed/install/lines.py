"""Writes the lines that call fleetfeed into a hook manager's file, for a commit.

As text, at one place: comments, order and quotes of a file that others wrote stay.
"""

import re

from fleetfeed.install.managers import Managed
from fleetfeed.model.errors import Usage


def write_lines(hook: Managed) -> None:
    """Put the lines of `hook` into its file, before what is there.

    Usage where the file is none that lines can be put into; it is not touched then.
    """
    old = hook.file.read_text("utf-8") if hook.file.exists() else ""
    script = hook.manager in ("husky", "a tracked folder")
    new = _in_script(hook, old) if script else _in_yaml(hook, old)
    fresh = not hook.file.exists()
    hook.file.parent.mkdir(parents=True, exist_ok=True)
    hook.file.write_text(new, "utf-8")
    if script and fresh:
        hook.file.chmod(0o755)


def _in_script(hook: Managed, old: str) -> str:
    first, newline, rest = old.partition("\n")
    if not first.startswith("#!"):
        first, newline, rest = "#!/bin/sh", "\n", old
    added = "".join(f"{line}\n" for line in hook.lines)
    return f"{first}{newline or chr(10)}{added}{rest}"


def _in_yaml(hook: Managed, old: str) -> str:
    if hook.file.suffix not in (".yml", ".yaml"):
        raise _by_hand(hook)
    rows = old.splitlines()
    if hook.manager == "lefthook":
        _into_lefthook(hook, rows)
    else:
        _into_list(hook, rows, "repos", 0)
    return "".join(f"{row}\n" for row in rows)


def _into_lefthook(hook: Managed, rows: list[str]) -> None:
    start = _row(rows, rf"{hook.name}:\s*(#.*)?", 0)
    if start is None:
        if _row(rows, rf"['\"]?{hook.name}\b.*", 0) is not None:
            raise _by_hand(hook)
        start = len(rows)
        rows.append(f"{hook.name}:")
    indent = _indent(rows, start + 1, r"[^\s#]") or "  "
    end = _row(rows, r"[^\s#].*", start + 1) or len(rows)
    jobs = _row(rows[:end], rf"{indent}jobs:\s*(#.*)?", start + 1)
    if jobs is None:
        rows.insert(start + 1, f"{indent}jobs:")
    _into_list(hook, rows, f"{indent}jobs", start + 1)


def _into_list(hook: Managed, rows: list[str], key: str, start: int) -> None:
    """Make the lines of `hook` the first entry of the list `key`."""
    at = _row(rows, rf"{key}:\s*(#.*)?", start)
    if at is None:
        raise _by_hand(hook)
    outer = key[: len(key) - len(key.lstrip())]
    indent = _indent(rows, at + 1, "-")
    if indent is None or len(indent) < len(outer):
        indent = f"{outer}  "
    rows[at + 1 : at + 1] = [f"{indent}{line}" for line in hook.lines]


def _row(rows: list[str], pattern: str, start: int) -> int | None:
    """The number of the first row from `start` on that is all `pattern`."""
    found = (n for n in range(start, len(rows)) if re.fullmatch(pattern, rows[n]))
    return next(found, None)


def _indent(rows: list[str], start: int, mark: str) -> str | None:
    """How far the next row that says something is indented; None: it has no `mark`."""
    for row in rows[start:]:
        if row.strip() and not row.lstrip().startswith("#"):
            found = re.match(rf"(\s*){mark}", row)
            return found[1] if found else None
    return None


def _by_hand(hook: Managed) -> Usage:
    lines = " / ".join(hook.lines)
    message = f"{hook.file} is written in a way that no line can be put into"
    return Usage(f"{message}; put this into its {hook.name} by hand: {lines}")
