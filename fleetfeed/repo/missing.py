"""What to do where the feed ref is not there: what is to be typed depends on why."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from fleetfeed.git import queries
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.layout import POLICY
from fleetfeed.model.pointer import read_pointer
from fleetfeed.repo.candidates import Candidate, candidates
from fleetfeed.repo.location import POINTER, Told, Where, looking_at
from fleetfeed.repo.repository import Repo, policy_ref, top_level
from fleetfeed.util.printable import printable

_OF_HEADS = "refs/heads/"


def no_feed_ref(repo: Repo, where: Where) -> CannotTell:
    """The answer where the feed's remote, or a clone that has none, lacks the ref."""
    named = where.pinned is not None or policy_ref(repo.at_head) is not None
    default = "" if named else " (where a feed is by default)"
    why = f"there is no {where.ref} here{default}, and no remote to ask"
    if where.remote:
        why = f"{where.remote} has no {where.ref}{default}"
    return CannotTell(printable(f"{why}; {_todo(repo, where)}", 1000))


def command_for(told: Told, where: Where, other: Candidate) -> str:
    """The command after which the feed is looked for at `other`."""
    if other.dir != where.folder:
        return looking_at(told.dir, "dir", other.dir)
    return looking_at(told.ref, "ref", other.ref)


def _todo(repo: Repo, where: Where) -> str:
    remote = shlex.quote(where.remote) if where.remote else ""
    if repo.at_head.tree.root is None:
        unwritten = shlex.join(_uncommitted(repo, where))
        if unwritten:
            typed = f"git add {unwritten} && git commit -m 'Start the feed'"
            typed += f" && git push {remote} HEAD" if remote else ""
            return f"what `fleetfeed init` wrote is in no commit yet: `{typed}`"
    elif where.tracking and repo.tip(where.tracking):
        return _renamed(repo, where)
    elif remote and repo.tip(where.ref):
        short = shlex.quote(where.ref.removeprefix(_OF_HEADS))
        return f"`git push {remote} {short}` brings what is on that branch here"
    elif policy_ref(repo.at_head) == where.ref:
        return _renamed(repo, where)
    heads, fetched = queries.branches, queries.fetched_branches
    known = {**heads(repo.git), **fetched(repo.git, where.remote)}
    for other in candidates(repo, known):
        if (other.dir, other.ref) != (where.folder, where.ref):
            typed = command_for(repo.told, where, other)
            return f"there is a feed in {other.words}: `{typed}` looks there"
    todo = "`fleetfeed init` starts a feed, to be committed"
    return f"{todo}; or `git config fleetfeed.ref` says where it is"


def _renamed(repo: Repo, where: Where) -> str:
    """Rules name a branch that is called otherwise by now: back, or on from there."""
    on = queries.head_ref(repo.git) or where.ref
    new = shlex.quote(on) if on != where.ref else f"{_OF_HEADS}NAME"
    short = shlex.quote(where.ref.removeprefix(_OF_HEADS))
    back = f"`git branch -m {new.removeprefix(_OF_HEADS)} {short}` goes back to it"
    server = f"`fleetfeed install --server . --ref {new}` there"
    follow = f"`git config fleetfeed.ref {new}` here and the policy's `ref:` follow it"
    return f"if the branch has another name now, {back}, or {server}, {follow}"


def _uncommitted(repo: Repo, where: Where) -> Iterator[str]:
    """What `fleetfeed init` wrote, from the top, while no commit here has a feed."""
    at = top_level(repo.git)
    if at is None:
        return
    top, folder = Path(at), where.folder
    points = (top / POINTER).is_file() and repo.pointer(repo.head) is None
    if points:
        folder = read_pointer((top / POINTER).read_bytes(), POINTER)[0].dir or folder
    if (top / folder / POLICY).is_file():
        yield f"{folder}/{POLICY}"
        if points:
            yield POINTER
