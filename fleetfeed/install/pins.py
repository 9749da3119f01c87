"""What a server guards: looked up once, then pinned in its own config file.

Afterwards nothing depends on HEAD or on what is pushed, or a branch that brings its own
policy could move the pin.
"""

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.install.settings import DIR, REF, local
from fleetfeed.model.errors import Usage
from fleetfeed.model.pointer import is_folder
from fleetfeed.model.policy import DEFAULT
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.repo.candidates import Candidate, candidates
from fleetfeed.repo.location import DEFAULT_FOLDER
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


@record
class Pins:
    """The feed's folder and full ref name on a server; `doubt` is a warning, if any."""

    dir: str
    ref: str
    doubt: str = ""


def chosen(git: Git, folder: str | None, ref: str | None) -> Pins:
    """What to pin of a server's repository.

    Each is the first of what is given, what is pinned already, what the repository's
    own feed and `.fleetfeed.yaml` say, the default. The default ref is the branch that
    HEAD names, also where it has no commit yet: that is where a fresh clone begins.
    Usage where several places could be meant.
    """
    folder = local(git, DIR.key) if folder is None else folder
    ref = local(git, REF.key) if ref is None else ref
    if folder is not None and not is_folder(folder):
        raise Usage(f"{printable(folder)!r} is no folder of the tree such as ops/feed")
    if ref is not None and not is_full_ref(ref):
        raise Usage(f"{printable(ref)!r} is not a full ref name such as {DEFAULT.ref}")
    folder = folder.strip("/") if folder else folder
    found = candidates(Repo(git), queries.branches(git))
    fits = [each for each in found if folder in (None, each.dir)]
    fits = [each for each in fits if ref in (None, each.ref)]
    if len(fits) > 1:
        raise _which(fits)
    if fits:
        return Pins(folder or fits[0].dir, ref or fits[0].ref)
    pins = Pins(folder or DEFAULT_FOLDER, ref or _from_branches(git))
    return Pins(pins.dir, pins.ref, _disagreement(pins, found))


def _which(fits: list[Candidate]) -> Usage:
    places = ", ".join(printable(each.words, 400) for each in fits)
    return Usage(
        f"there are several feeds ({places}): say which, such as {fits[0].flags}"
    )


def _disagreement(pins: Pins, found: tuple[Candidate, ...]) -> str:
    """What to know where this repository has a feed, and not where it is pinned."""
    if not found:
        return ""
    here = found[0]
    if here.dir == pins.dir:
        message = f"{REF.key} is {pins.ref}, the policy says {here.ref}"
    else:
        message = f"{DIR.key} is {pins.dir} and {REF.key} {pins.ref}, but the feed is"
        message += f" in {here.words}"
    todo = f"to pin that, install with {here.flags}"
    return f"{message}: pushes of the feed are refused until they agree; {todo}"


def _from_branches(git: Git) -> str:
    names, head = list(queries.branches(git)), queries.head_ref(git)
    if head is not None and (head in names or not names):
        return head
    if len(names) > 1:
        why = "HEAD names no branch that exists, and there are several"
        raise Usage(f"{why}: say which one carries the feed with --ref refs/heads/...")
    return names[0] if names else DEFAULT.ref
