"""What a guarded server says of itself: once, in a ref, and of every push it judged.

`refs/fleetfeed/server` is a blob of `key: value` lines, and nobody may push it. A
mirror copies it and has no hook, so it proves nothing: whoever wants to know whether a
push was judged looks for the hook's own word, which git shows as `remote:`.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable

from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

SERVER_REF = "refs/fleetfeed/server"
PROBE = "refs/fleetfeed/probe/"
"""Below this a guarded server refuses whatever is pushed; one without a hook does not.
"""
WHO = "refs/fleetfeed/who/"
"""Below this whoever pushes asks for whom the server takes them: refused as well."""

CODE_PATHS = "fleetfeed/code-paths"
"""In git's folder: what tells a hook's shell which paths the policy maps."""

QUEUE_REF = "refs/for/feed"
"""What is pushed here a server's queue lands on the feed ref, built on whatever tip."""
FORMER_TIPS = "refs/fleetfeed/was/"
"""Below this a queue keeps tips that were: what a push need not send, git goes by refs.
"""
BRING = "fleetfeed=bring"
"""By this push option whoever pushes asks to be sent what they lack with the answer."""
QUEUE_REFUSED = "refused by the queue"
QUEUE_CANNOT_TELL = "the queue cannot tell"
QUEUE_AWAY = "the queue does not work here"
"""Reasons that git gives for a push to it (`queue.follower` says the last one)."""
QUEUE_OLDER = "FF415"
"""The rule by which what is to be made anew, upon a newer feed, is turned down."""


@record
class Announcement:
    """What a server says of itself; an empty text where it says nothing.

    `id` is the server's name, `dir` and `ref` the feed's folder and full ref name as
    they are pinned there; `stamps` says that signs of life are stamped, so that lapses
    are judged. `queue` is the ref whose pushes a queue lands on the feed ref, and
    `brings` says that it knows the option `BRING`.
    """

    id: str = ""
    dir: str = ""
    ref: str = ""
    stamps: bool = False
    queue: str = ""
    brings: bool = False

    @property
    def data(self) -> bytes:
        """The blob that says this."""
        stamps = "yes" if self.stamps else "no"
        said = {"server": self.id, "dir": self.dir, "ref": self.ref, "stamps": stamps}
        said |= {"queue": self.queue, "brings": "yes" if self.brings else ""}
        rows = (f"{key}: {value}\n" for key, value in said.items() if value)
        return f"format: 1\n{''.join(rows)}".encode("utf-8", "surrogateescape")


def read_announcement(data: bytes) -> Announcement:
    """What a server's blob says; keys that are not known are left to later versions."""
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    said = dict(line.split(": ", 1) for line in lines if ": " in line)
    return Announcement(
        said.get("server", ""),
        said.get("dir", ""),
        said.get("ref", ""),
        said.get("stamps") == "yes",
        said.get("queue", ""),
        said.get("brings") == "yes",
    )


@record
class Word:
    """A hook's word that it has judged a push: its server's name, and which feed.

    `dir` and `ref` are what it guards, printable: a feed beside that in the same tree,
    or on another branch, lands unjudged.
    """

    server: str
    dir: str
    ref: str

    @classmethod
    def of(cls, server: str, folder: str, ref: str) -> "Word":
        """The word of a server that guards `folder` on `ref`."""
        return cls(server, printable(folder, _LONGEST), printable(ref, _LONGEST))

    @property
    def text(self) -> str:
        """The hook's remark that says this."""
        return f"{_JUDGED}{self.server} in {self.dir}/ on {self.ref}"


_JUDGED = "judged by server "
_LONGEST = 1000
"""Characters of a folder's name that are compared: a line of a hook's is cut off."""


def judging(words: Iterable[str]) -> Word | None:
    """What the hook said that judged, among all that was said; None where none did."""
    before = f"fleetfeed: {_JUDGED}"
    for word in words:
        name, _, place = word.removeprefix(before).partition(" in ")
        # From the right: a ref's name has no blank.
        folder, on, ref = place.rpartition("/ on ")
        if word.startswith(before) and on:
            return Word(name, folder, ref)
    return None


@record
class Landed:
    """A queue's word on what was pushed to it: the feed ref is, or was, at `commit`.

    That is the pushed commit itself, or a merge of it, or one with the posts of it.
    `renamed` are new items that were given another number: each as it was pushed, and
    as it is now.
    """

    commit: str
    ref: str
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The hook's remark that says this."""
        more = "".join(f", {old} as {new}" for old, new in self.renamed)
        return f"{_LANDED}{self.commit} on {printable(self.ref, _LONGEST)}{more}"


_LANDED = "landed as "


def landed(words: Iterable[str]) -> Landed | None:
    """What a queue said of what it landed, among all that was said; None: nothing."""
    before = f"fleetfeed: {_LANDED}"
    for word in words:
        commit, on, rest = word.removeprefix(before).partition(" on ")
        if word.startswith(before) and on and not commit.strip("0123456789abcdef"):
            ref, *more = rest.split(", ")
            pairs = (each.partition(" as ") for each in more)
            return Landed(commit, ref, tuple((old, new) for old, _, new in pairs))
    return None


_BRINGS = "fleetfeed: brings "


def bringing(pack: bytes) -> str:
    """A hook's line by which a queue sends `pack` along."""
    return f"{_BRINGS}{b2a_base64(pack, newline=False).decode('ascii')}\n"


def brought(words: Iterable[str]) -> tuple[bytes, list[str]]:
    """What a queue has sent along, empty for nothing whole, and its other words."""
    pack, others = b"", list[str]()
    for word in words:
        if not word.startswith(_BRINGS):
            others.append(word)
            continue
        try:
            pack = a2b_base64(word.removeprefix(_BRINGS), strict_mode=True)
        except ValueError:
            pack = b""
    return pack, others
