"""An approval: that somebody agrees to one act, as a text that is signed.

It travels as a line of a commit's message, so it is handed in with the act, can be
verified offline, and stays good when the commit is made anew. What it says binds it: to
one feed, one act, and an end.
"""

import binascii
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TRAILER = "Approval"
"""The name of the line in a commit's message."""
MOST = 16
"""The approvals of one commit that are looked at: each costs a verification."""

_TEXT = """\
fleetfeed approval
feed: {feed}
act: {act}
until: {until}
"""
_FIELD = "([^\x00-\x1f\x7f]+)"
_LONGEST = 20_000  # characters of one line: a certificate's signature takes 3,000


@record
class ApprovalText:
    """What an approval says: of which feed (`feed_name`), which act, until when."""

    feed: str
    act: str
    until: str

    def __str__(self) -> str:
        """The one text of it, which is what is signed."""
        return _TEXT.format(feed=self.feed, act=self.act, until=self.until)


def read_text(text: str) -> ApprovalText | None:
    """What an approval's text says; None where it is not written as one."""
    found = re.fullmatch(
        _TEXT.format(feed=_FIELD, act=_FIELD, until=r"([0-9TZ:\-]+)"), text
    )
    return ApprovalText(found[1], found[2], found[3]) if found else None


def feed_name(folder: str, ref: str) -> str:
    """How an approval names the feed in `folder` on `ref`."""
    return f"{folder} on {ref}"


def trailer(signed: bytes) -> str:
    """The line that hands in a text with its signature."""
    return f"{TRAILER}: {binascii.b2a_base64(signed, newline=False).decode()}"


def trailer_meant(line: str) -> str:
    """The line that `line` is, with its name or without. ValueError if it is none."""
    name, colon, rest = line.strip().partition(":")
    text = rest if colon and _is_ours(name.encode()) else line
    signed = _decoded(text.strip().encode())
    if not signed.startswith(_TEXT.partition("\n")[0].encode()):
        raise ValueError(line)
    return trailer(signed)


def trailers(message: bytes) -> Iterator[bytes]:
    """The texts with their signatures that the last lines of a commit's message bring.

    Empty where a line is no such thing. Lines of the last paragraph count, as in git.
    """
    if TRAILER.encode().lower() not in message.lower():
        return
    last = re.split(rb"\n[ \t\r]*\n", message.strip())[-1]
    rows = (line.partition(b":") for line in last.splitlines())
    handed_in = (text for name, _, text in rows if _is_ours(name))
    yield from (_decoded(text.strip()) for text in islice(handed_in, MOST))


def _is_ours(name: bytes) -> bool:
    return name.strip().lower() == TRAILER.encode().lower()


def _decoded(text: bytes) -> bytes:
    if len(text) > _LONGEST:
        return b""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return b""


def rules_act(before: "Mapping[str, bytes]", after: "Mapping[str, bytes]") -> str:
    """The act of changing the rules: the files that there are, by name, and then."""
    return f"rules {_digest(before)} to {_digest(after)}"


def _digest(files: "Mapping[str, bytes]") -> str:
    """What tells one set of rules from any other, 64 hexadecimal digits."""
    made = sha256()
    for name, data in sorted(files.items()):
        made.update(b"%s %d\n" % (name.encode(), len(data)) + data)
    return made.hexdigest()


def evict_act(item: str, epoch: int, post: int, seat: str) -> str:
    """The act of `seat` on `item` while another has it, which is at post `post`."""
    return f"evict {_at(item, epoch, post, seat)}"


def reopen_act(item: str, epoch: int, post: int, seat: str) -> str:
    """The act of `seat` that takes up `item`, which is over."""
    return f"reopen {_at(item, epoch, post, seat)}"


def lane_act(
    item: str, epoch: int, post: int, seat: str, lanes: tuple[str, ...]
) -> str:
    """The act of `seat` that moves the surface of `item` to `lanes`, normalised."""
    to = " and ".join(sorted(lanes))
    return f"lane {to} for {_at(item, epoch, post, seat)}"


def _at(item: str, epoch: int, post: int, seat: str) -> str:
    return f"{item} at epoch {epoch}, post {post}, by {seat}"
