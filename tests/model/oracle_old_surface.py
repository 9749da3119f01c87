"""How keys were normalised and judged before any path had one: as it was then."""

import re

LONGEST_KEY = 200
"""The longest key, in characters."""

_ALLOWED = re.compile(r"[A-Za-z0-9._\-/@+#:]*")
_EVERYTHING = frozenset({"all", "any", "*", "**", "everything"})


def segments(text: str) -> tuple[str, ...]:
    """`text` normalised: folded, `_` as `-`, `/` as `:`, no empty segment, no `.`.

    Never fails, so that a landed key that no rule would let in today still holds
    what it names.
    """
    folded = text.strip().casefold().replace("_", "-").replace("/", ":")
    parts = (part.strip() for part in folded.split(":"))
    return tuple(part for part in parts if part not in ("", "."))


def shape_flaw(text: str) -> tuple[str, str] | None:
    """What is wrong with a key as written: a rule's code and why, or None."""
    written = text.strip()
    if len(written) > LONGEST_KEY:
        many = f"has {len(written)} characters, more than {LONGEST_KEY}"
        return "FF201", f"{many}; shorten it"
    parts = written.split(":")
    if _says_everything(parts):
        return "FF203", "says everything; name the artifact that is being changed"
    if not _ALLOWED.fullmatch(written):
        bad = next(ch for ch in written if not _ALLOWED.fullmatch(ch))
        if bad == "\\":
            return "FF201", "has a backslash; write / in its place"
        return "FF201", f"has {bad!a}; write ASCII letters, digits and . _ - / @ + #"
    if len(parts) == 1:
        return "FF202", "has one segment; write lane:family:artifact"
    if any(not piece for piece in re.split("[:/]", written)):
        return "FF201", "has an empty segment; take out the `:` or `/` too many"
    if any(not re.search("[A-Za-z0-9]", piece) for piece in re.split("[:/]", written)):
        return "FF201", "has a segment without a letter or digit; name the thing itself"
    if len(parts) == 2:
        return "FF203", "names a whole family; write lane:family:artifact"
    return None


def _says_everything(parts: list[str]) -> bool:
    """Whether the artifact is `all` or the like, or the last segment is a star."""
    rest = ":".join(parts[2:]).casefold().replace("/", ":").strip(": ")
    pieces = [piece for piece in rest.split(":") if piece]
    if not pieces:
        return False
    return all(piece in _EVERYTHING for piece in pieces) or pieces[-1] in {"*", "**"}
