"""One push of one commit to the feed ref, and what became of it.

`--porcelain` tells it in a row a ref (git-push, OUTPUT): a flag, the refs, and for `!`
a reason in brackets. The server moves the ref only from the value that we were judged
on: `--force-with-lease` with that value compares it here, and the server compares it
again under the ref's lock.

Whether the other side keeps time: it says so, and it is put to the test.

A mirror of a server copies its refs, and not its hook. So the ref by which a server
says that it keeps time is asked for, and then taken away: a server with the hook
refuses that, and a copy of one no longer says what is not true of it.
"""

import re
from collections.abc import Sequence

from fleetfeed.feed.objects import object_id
from fleetfeed.git.process import Done, Git
from fleetfeed.git.remote import LONG, remote_value
from fleetfeed.lease.heartbeat import KEEPS_TIME, SERVER_REF
from fleetfeed.ledger.base import Accepted, Outcome, RaceLost, Rejected, Unconfirmed
from fleetfeed.model.errors import GitFailed
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable

# One commit that was made and judged here a moment ago: hooks of this clone would judge
# it again, or run a fleet's test suite for a ticket. Tags and submodules stay here.
_OPTIONS = (
    "push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no",
)  # fmt: skip

_ROW = re.compile(r"([ +\-*!=])\t[^\t]*:([^\t]*)\t(.*)")
_MOVED = re.compile(r"[0-9a-f]+\.\.\.?([0-9a-f]+)")
_SHADOWED = "matches more than one"
_REASON = re.compile(r"\[([^\]]*)\] \((.*)\)")
# What git (receive-pack, refs) says where another push was first, or has the lock.
_RACE = re.compile(
    r"failed to update ref|cannot lock ref|incorrect old value|failed to lock"
    r"|reference already exists|unable to (create|lock)|File exists|deadlock"
)
# What receive-pack says where it cannot store what was sent.
_BROKEN = re.compile(r"unpacker error|unable to migrate objects|unable to create temp")
_HIS_REMARK = "remote: "


def push(
    git: Git, remote: str, ref: str, *, old: str, new: str, seconds: float
) -> Outcome:
    """Move `ref` of `remote` from commit `old` to its child `new`."""
    lease = f"--force-with-lease={ref}:{old}"
    move = (lease, "--", remote, f"{new}:{ref}")
    return _pushed(git, remote, (ref, new), seconds, *move)


def push_beat(git: Git, remote: str, ref: str, blob: str, seconds: float) -> Outcome:
    """Move `ref` of `remote` to `blob`, which no history leads to."""
    move = ("--", remote, f"+{blob}:{ref}")
    return _pushed(git, remote, (ref, blob), seconds, *move)


def push_away(git: Git, remote: str, refs: Sequence[str], seconds: float) -> Outcome:
    """Take `refs` of `remote` away."""
    gone = (f":{ref}" for ref in refs)
    return _pushed(git, remote, (refs[0], ""), seconds, "--", remote, *gone)


def _pushed(
    git: Git, remote: str, wanted: tuple[str, str], seconds: float, *what: str
) -> Outcome:
    """Push `what`, which is to bring a ref to an object: `wanted`."""
    # A remote that is a mirror takes no refspec, and would get every ref of this clone.
    named = "=" not in remote  # an address, which has no settings
    alone = ("-c", f"remote.{remote}.mirror=false") if named else ()
    try:
        done = git.within(seconds, *alone, *_OPTIONS, *what)
    except GitFailed as error:
        return Unconfirmed(f"the push to {printable(remote)} took too long ({error})")
    return outcome(done, remote, *wanted)


def outcome(done: Done, remote: str, ref: str, new: str) -> Outcome:
    """What became of a push of `new` to `ref`, by what git printed."""
    printed = done.stdout.decode("utf-8", "backslashreplace").splitlines()
    said = done.stderr.decode("utf-8", "backslashreplace")
    rows = [found for line in printed if (found := _ROW.fullmatch(line))]
    # A remote with several addresses has a row for each; all of them must have it.
    row = next((found for found in rows if found[1] == "!"), rows[0] if rows else None)
    if row is None and _SHADOWED in said:
        other = f"{printable(remote)} has another ref that ends in {ref}"
        return Rejected(f"{other}; delete that one there", ())
    if row is None:
        why = (
            printable(" ".join(said.split()), 300)
            or f"git ended with {done.returncode}"
        )
        return Unconfirmed(
            f"the push to {printable(remote)} ended without an answer ({why})"
        )
    if row[1] != "!":
        if done.returncode:
            return Unconfirmed(f"not every address of {printable(remote)} answered")
        moved = _MOVED.fullmatch(row[3])
        if row[2] != ref or (moved and not new.startswith(moved[1])):
            # A server's own proc-receive may put it elsewhere, or another commit there.
            return Unconfirmed(
                f"{printable(remote)} put it elsewhere: {printable(row[2])}"
            )
        return Accepted(new, moved=row[1] != "=")
    reason = _REASON.fullmatch(row[3])
    kind, why = (reason[1], reason[2]) if reason else ("", row[3])
    if kind == "rejected":
        return RaceLost("another post landed first")
    if kind != "remote rejected":
        return Unconfirmed(
            f"{printable(remote)} did not say what became of it ({printable(why)})"
        )
    if _RACE.search(why):
        return RaceLost(f"another push was first, or has the lock ({printable(why)})")
    broken = _BROKEN.search(why) is not None
    turned = f"{printable(remote)} turned it down: {printable(why)}"
    return Rejected(turned, _words(said), broken)


def _words(stderr: str) -> tuple[str, ...]:
    """What the server's hooks said, line by line, printable."""
    lines = (line for line in stderr.splitlines() if line.startswith(_HIS_REMARK))
    words = (line.removeprefix(_HIS_REMARK).rstrip() for line in lines)
    return tuple(printable(line, 2000) for line in words if line)


_REFUSED = "FF407"


def keeps_time(repo: Repo, remote: str, seconds: float = LONG) -> bool:
    """Whether `remote` stamps signs of life and judges by them, as far as it answers.

    CannotTell where it does not say what it has.
    """
    blob = object_id("blob", KEEPS_TIME, repo.id_size)
    if remote_value(repo.git, remote, SERVER_REF, seconds) != blob:
        return False
    ended = push_away(repo.git, remote, (SERVER_REF,), seconds)
    words = ended.words if isinstance(ended, Rejected) else ()
    return any(_REFUSED in word for word in words)
