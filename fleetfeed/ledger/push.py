"""One push of one object to one ref, and what became of it.

The feed ref, what a queue lands on it, beats, and what asks the other side who it is
are all pushed here.
`--porcelain` prints a row for each ref (git-push, OUTPUT): a flag, the refs, and for
`!` a reason in brackets. The server moves the feed ref only from the value that we were
judged on: `--force-with-lease` with that value compares it here, and the server
compares it again under the ref's lock.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from fleetfeed.git.process import Done, Git
from fleetfeed.ledger.base import (
    Accepted,
    Failed,
    Meanwhile,
    Outcome,
    RaceLost,
    Rejected,
    Unconfirmed,
)
from fleetfeed.model.errors import GitFailed
from fleetfeed.model.server import BRING, QUEUE_REF, brought
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record, replace

# One commit that was made and judged here a moment ago: hooks of this clone would judge
# it again, or run a fleet's test suite for a ticket. Tags and submodules stay here.
_OPTIONS = (
    "push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no",
)  # fmt: skip

_ROW = re.compile(r"([ +\-*!=])\t[^\t]*:([^\t]*)\t(.*)")
_MOVED = re.compile(r"[0-9a-f]+\.\.\.?([0-9a-f]+)")
_SHADOWED = "matches more than one"
# These where it was not taken: `re` makes each when it is first used.
_REASON = r"\[([^\]]*)\] \((.*)\)"
# What git (receive-pack, refs) says where another push was first, or has the lock.
_RACE = (
    r"failed to update ref|cannot lock ref|incorrect old value|failed to lock"
    r"|reference already exists|unable to (create|lock)|File exists|deadlock"
)
# What receive-pack says where it cannot store what was sent.
_BROKEN = r"unpacker error|unable to migrate objects|unable to create temp"
_ALONG = "atomic"
"""In what receive-pack says of a ref for another one's failure (`--atomic`)."""
_NO_OPTIONS = "does not support push options"
_NOT_TOGETHER = "does not support --atomic"
_REMOTE = "remote: "
_GITLAB = "GL-HOOK-ERR: "
"""What a hook says first to GitLab, which shows the rest in its pages."""


def push(
    git: Git, remote: str, ref: str, *, old: str, new: str, seconds: float
) -> Outcome:
    """Move `ref` of `remote` from commit `old` to its child `new`."""
    lease = f"--force-with-lease={ref}:{old}"
    move = (lease, "--", remote, f"{new}:{ref}")
    return _pushed(git, remote, (ref, new), seconds, *move)


def push_to_queue(
    git: Git,
    remote: str,
    new: str,
    seconds: float,
    meanwhile: Meanwhile | None = None,
    *,
    brings: bool = False,
) -> Outcome:
    """Hand the commit `new` to the queue of `remote`, to be landed on its feed ref.

    Accepted where the ref that stands for the queue took it: see `ledger.queued`. With
    `brings` it is asked to send along what this clone lacks of what it lands.
    """
    # Nobody has that ref; where one was left behind it is in nobody's way.
    move = ("--", remote, f"+{new}:{QUEUE_REF}")
    asked = ("-o", BRING, *move) if brings else move
    wanted = QUEUE_REF, new
    ended = _pushed(git, remote, wanted, seconds, *asked, meanwhile=meanwhile)
    if isinstance(ended, Rejected) and ended.why == _NO_OPTIONS:
        return _pushed(git, remote, wanted, seconds, *move)
    return ended


def push_object(git: Git, remote: str, ref: str, blob: str, seconds: float) -> Outcome:
    """Move `ref` of `remote` to `blob`, which no history leads to."""
    move = ("--", remote, f"+{blob}:{ref}")
    return _pushed(git, remote, (ref, blob), seconds, *move)


def push_objects(
    git: Git, remote: str, objects: Mapping[str, str], seconds: float
) -> list[Outcome]:
    """The same for several refs, by their objects, in one connection.

    What became of each, in their order: each has the words that were said of all.
    """
    moves = (f"+{blob}:{ref}" for ref, blob in objects.items())
    done = _sent(git, remote, seconds, "--", remote, *moves)
    if isinstance(done, Unconfirmed):
        return [done] * len(objects)
    return [outcome(_about(done, r), remote, r, blob) for r, blob in objects.items()]


def push_away(git: Git, remote: str, refs: Sequence[str], seconds: float) -> Outcome:
    """Take `refs` of `remote` away."""
    gone = (f":{ref}" for ref in refs)
    return _pushed(git, remote, (refs[0], ""), seconds, "--", remote, *gone)


@record
class Move:
    """A ref that is to go from `old` (None: it is not there) to `new` (None: away)."""

    ref: str
    old: str | None
    new: str | None


def push_each(
    git: Git, remote: str, moves: Sequence[Move], seconds: float
) -> list[Outcome]:
    """Push `moves` in one connection, each for itself: what became of each."""
    done = _sent(git, remote, seconds, *_as_words(remote, moves))
    if isinstance(done, Unconfirmed):
        return [done] * len(moves)
    return [outcome(_about(done, m.ref), remote, m.ref, m.new or "") for m in moves]


def push_all(git: Git, remote: str, moves: Sequence[Move], seconds: float) -> Outcome:
    """Push `moves`, all or none: what became of them, with the first one's object."""
    done = _sent(git, remote, seconds, "--atomic", *_as_words(remote, moves))
    if isinstance(done, Unconfirmed):
        return done
    ended = [outcome(_about(done, m.ref), remote, m.ref, m.new or "") for m in moves]
    # Of those that only went along with another one the row says no more than that.
    telling = [one for one in ended if not _went_along(one)] or ended
    kinds = (Unconfirmed, RaceLost, Rejected)
    return next(
        (one for kind in kinds for one in telling if isinstance(one, kind)), ended[0]
    )


def _as_words(remote: str, moves: Sequence[Move]) -> tuple[str, ...]:
    leases = (f"--force-with-lease={m.ref}:{m.old or ''}" for m in moves)
    return (*leases, "--", remote, *(f"{m.new or ''}:{m.ref}" for m in moves))


def _about(done: Done, ref: str) -> Done:
    """What git said of `ref` alone; that it failed may be for another one's sake."""
    rows = done.stdout.splitlines()
    others = [row for row in rows if _of_another(row, ref)]
    own = b"\n".join(row for row in rows if row not in others)
    failed = 0 if any(row.startswith(b"!") for row in others) else done.returncode
    return replace(done, stdout=own, returncode=failed)


def _of_another(line: bytes, ref: str) -> bool:
    row = _ROW.fullmatch(line.decode("utf-8", "backslashreplace"))
    return row is not None and row[2] != ref


def _went_along(ended: Outcome) -> bool:
    return isinstance(ended, Rejected) and _ALONG in ended.why


def _pushed(
    git: Git,
    remote: str,
    wanted: tuple[str, str],
    seconds: float,
    *what: str,
    meanwhile: Meanwhile | None = None,
) -> Outcome:
    """Push `what`, which is to bring a ref to an object: `wanted`."""
    done = _sent(git, remote, seconds, *what, meanwhile=meanwhile)
    return done if isinstance(done, Unconfirmed) else outcome(done, remote, *wanted)


def _sent(
    git: Git,
    remote: str,
    seconds: float,
    *what: str,
    meanwhile: Meanwhile | None = None,
) -> Done | Unconfirmed:
    # A remote that is a mirror takes no refspec, and would get every ref of this clone.
    named = "=" not in remote  # an address, which has no settings
    alone = ("-c", f"remote.{remote}.mirror=false") if named else ()
    try:
        return git.within(seconds, *alone, *_OPTIONS, *what, meanwhile=meanwhile)
    except GitFailed as error:
        return Unconfirmed(f"the push to {printable(remote)} took too long ({error})")


def outcome(done: Done, remote: str, ref: str, new: str) -> Outcome:
    """What became of a push of `new` to `ref`, by what git printed."""
    errors = done.stderr.decode("utf-8", "backslashreplace")
    found = _by_rows(done, remote, (ref, new), errors)
    pack, said = brought(_said(errors))
    words = tuple(printable(line, 2000) for line in said)
    if isinstance(found, Accepted):
        return replace(found, words=words, pack=pack)
    return replace(found, words=words)


def _by_rows(done: Done, remote: str, wanted: tuple[str, str], errors: str) -> Outcome:
    ref, new = wanted
    printed = done.stdout.decode("utf-8", "backslashreplace").splitlines()
    rows = [found for line in printed if (found := _ROW.fullmatch(line))]
    # A remote with several addresses has a row for each; all of them must have it.
    row = next((found for found in rows if found[1] == "!"), rows[0] if rows else None)
    who = printable(remote)
    if row is None and _SHADOWED in errors:
        message = f"{who} has another ref that ends in {ref}; delete that one there"
        return Rejected(message, ())
    if row is None and _NO_OPTIONS in errors:
        return Rejected(_NO_OPTIONS, ())
    if row is None and _NOT_TOGETHER in errors:
        return Rejected(f"{who} moves no two refs together", ())
    if row is None:
        why = printable(" ".join(errors.split()), 300)
        why = why or f"git ended with {done.returncode}"
        return Unconfirmed(f"the push to {who} ended without an answer ({why})")
    if row[1] == "!":
        return _failed(row[3], who)
    if done.returncode:
        return Unconfirmed(f"not every address of {who} answered")
    moved = _MOVED.fullmatch(row[3])
    if row[2] != ref or (moved and not new.startswith(moved[1])):
        # A server's own proc-receive may put it elsewhere, or another commit there.
        return Unconfirmed(f"{who} put it elsewhere: {printable(row[2])}")
    return Accepted(new, moved=row[1] != "=")


_MISSING = "missing necessary objects"
"""git's word where the objects of a push, or of any ref that it has, are not there."""


def _failed(row: str, who: str) -> Failed:
    """What a row with `!` says, of the remote `who`."""
    reason = re.fullmatch(_REASON, row)
    kind, why = (reason[1], reason[2]) if reason else ("", row)
    if kind == "rejected":
        return RaceLost("another post landed first")
    if kind != "remote rejected":
        return Unconfirmed(f"{who} did not say what became of it ({printable(why)})")
    if re.search(_RACE, why):
        return RaceLost(f"another push was first, or has the lock ({printable(why)})")
    broken = re.search(_BROKEN, why) is not None
    message = f"{who} turned it down: {printable(why)}"
    if why == _MISSING:
        message += "; so it does where a ref of its own points to nothing, which"
        message += " `fleetfeed doctor --server .` finds there"
    return Rejected(message, (), broken)


def _said(stderr: str) -> Iterator[str]:
    """What the server's hooks printed, line by line."""
    for line in stderr.splitlines():
        word = line.removeprefix(_REMOTE).removeprefix(_GITLAB).rstrip()
        if line.startswith(_REMOTE) and word:
            yield word
