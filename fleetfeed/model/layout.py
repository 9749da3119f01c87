"""Where things lie in a feed: from a path to its meaning, and back.

Paths are relative to the feed's folder, with `/` between names. The path of a post is
the compare-and-set (two seats that write the same number conflict in git itself), so
every post has exactly one path.
"""

import re

from fleetfeed.model import names
from fleetfeed.model.names import ItemId
from fleetfeed.util.records import record

POLICY = "policy.yaml"
SIGNERS = "allowed_signers"
REVOKED = "revoked_keys"
RULES = (POLICY, SIGNERS, REVOKED)
"""The files that say what is lawful, and by whose signature."""
NOTES = "notes"
SEALED = ".sealed"
"""The end of a sealed shard's name: `CMB/001.sealed` is the folder `CMB/001`."""

# The feed itself, and where more than one item or note may lie in it.
_FOLDER = re.compile(
    r"|notes(/[0-9]{4}(/(0[1-9]|1[0-2]))?)?"
    r"|[A-Z][A-Z0-9]{0,15}(/([0-9]{3}|[1-9][0-9]{3,5}))?"
)
_SEALED = r"[A-Z][A-Z0-9]{0,15}/([0-9]{3}|[1-9][0-9]{3,5})\.sealed"
_POST = re.compile(r"([^/]+)/([^/]+)/([^/]+)/([^/]+)")
_NUMBER = re.compile(r"([0-9]{4}|[1-9][0-9]{4,6})\.yaml")
_NOTE = (
    r"(?a)notes/(\d{4})/(\d{2})/"
    r"(\d{4})(0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ-"
    r"([A-Za-z0-9._~\-]+)-[0-9a-f]{4,16}\.yaml"
)
_NO_FILE = (
    "a feed holds policy.yaml, allowed_signers, revoked_keys, notes/ and posts only"
)
_NO_FOLDER = "a feed's folders are notes, PREFIX, PREFIX/SHARD, PREFIX/SHARD/ITEM"
_ELSEWHERE = "the item lies in another folder"
_NO_ITEM = "the item is not spelled prefix, dash, number of at least four digits"
_NO_POST = "posts are named 0001.yaml, 0002.yaml and so on"
_A_NOTE = "a note is notes/YYYY/MM/YYYYMMDDTHHMMSSZ-SEAT-hex.yaml, at a UTC time"


@record
class PostPath:
    """The place of an item's post `number`."""

    item: str
    number: int


@record
class NotePath:
    """The place of a note by `seat`."""

    seat: str


@record
class SealPath:
    """The place of the sealed shard that stands for the folder `shard`."""

    shard: str


@record
class RulePath:
    """The policy's file, the signers', or that of the revoked keys."""

    name: str


@record
class Misplaced:
    """No place of a feed; `right` is the path that was probably meant, or empty."""

    why: str
    right: str = ""


PathKind = PostPath | NotePath | SealPath | RulePath | Misplaced


def shard_folder(item: ItemId) -> str:
    """The folder that an item's folder lies in, a thousand numbers: `CMB/001`."""
    return f"{item.prefix}/{item.number // 1000:03d}"


def shard_of(path: str) -> str:
    """The shard that `path`, at it or below it, lies in: `CMB/001`."""
    return "/".join(path.split("/", 2)[:2])


def is_seal(path: str) -> bool:
    """Whether `path` is the place of a sealed shard."""
    return path.endswith(SEALED) and re.fullmatch(_SEALED, path) is not None


def item_folder(item: str) -> str:
    """The folder of an item, such as `CMB/001/CMB-1438`."""
    known = names.parse(item)
    if known is None:
        raise ValueError(item)
    return f"{shard_folder(known)}/{item}"


def post_path(item: str, number: int) -> str:
    """The path of an item's post, such as `CMB/001/CMB-1438/0001.yaml`."""
    return f"{item_folder(item)}/{number:04d}.yaml"


def post_number(name: str) -> int | None:
    """The number of the post whose file is called `name`; None where it is none."""
    match = _NUMBER.fullmatch(name)
    return (int(match[1]) or None) if match else None


def note_path(seat: str, at: str, token: str) -> str:
    """The path of a note; `at` as in posts, `token` some hexadecimal digits."""
    month, stamp = at[:7].replace("-", "/"), re.sub("[-:]", "", at)
    return f"{NOTES}/{month}/{stamp}-{seat.replace('/', '~')}-{token}.yaml"


def note_time(path: str) -> str:
    """When the note at `path` was written, by its name: as in posts."""
    stamp = path.rpartition("/")[2]
    day = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"
    return f"{day}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}Z"


def classify(path: str) -> PathKind:
    """What lies at `path`."""
    if path in RULES:
        return RulePath(path)
    if path.startswith(NOTES + "/"):
        return _note(path)
    if is_seal(path):
        return SealPath(path.removesuffix(SEALED))
    match = _POST.fullmatch(path)
    return _post(*match.groups()) if match else Misplaced(_NO_FILE)


def misplaced_folder(path: str) -> Misplaced | None:
    """Why no folder may lie at `path`; None where one may.

    Nothing below such a folder is a post or a note, so nobody need look there.
    """
    if _FOLDER.fullmatch(path):
        return None
    if path.startswith(NOTES + "/"):
        return Misplaced(_A_NOTE)
    name = path.rpartition("/")[2]
    item = name if names.parse(name) else names.meant(name) if "-" in name else ""
    right = item_folder(item) if item else ""
    if right:
        return None if right == path else Misplaced(_ELSEWHERE, right)
    return Misplaced(_NO_FOLDER)


def _post(prefix: str, folder: str, item: str, name: str) -> PostPath | Misplaced:
    known = names.parse(item)
    if known is None:
        right = names.meant(item)
        return Misplaced(_NO_ITEM, f"{item_folder(right)}/{name}" if right else "")
    right_folder = item_folder(item)
    if f"{prefix}/{folder}/{item}" != right_folder:
        return Misplaced(_ELSEWHERE, f"{right_folder}/{name}")
    number = post_number(name)
    if number is None:
        return Misplaced(_NO_POST, _named(item, name))
    return PostPath(item, number)


def _named(item: str, name: str) -> str:
    digits = re.fullmatch(r"0*([1-9][0-9]{0,6})(\.ya?ml)?", name)
    return post_path(item, int(digits[1])) if digits else ""


def _note(path: str) -> NotePath | Misplaced:
    match = re.fullmatch(_NOTE, path)
    if not match:
        return Misplaced(_A_NOTE)
    if match.group(1, 2) != match.group(3, 4):
        right = "/".join((NOTES, *match.group(3, 4), path.rsplit("/", 1)[1]))
        return Misplaced("the note lies under another month than its name says", right)
    return NotePath(match[5].replace("~", "/"))
