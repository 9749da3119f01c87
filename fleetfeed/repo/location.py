"""Where the feed is: its folder, its ref, its remote. Everyone asks here.

A reader, a writer and a hook that answered this each in its own way would sooner or
later look at different refs, and one of them would guard what nobody uses.
"""

from fleetfeed.git import queries
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Place
from fleetfeed.model.policy import DEFAULT
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

DEFAULT_FOLDER = "feed"


@record
class Where:
    """The feed's place: `folder` in the tree, full ref names, and the remote's name.

    `pinned` is the ref of the settings, None where only a policy or the default says
    it; `tracking` is the ref where a fetch keeps the remote's feed ref.
    """

    folder: str
    ref: str
    remote: str | None
    tracking: str | None
    pinned: str | None

    def disagreement(self, policy_ref: str) -> CannotTell:
        """What to say where a policy names another ref than the settings."""
        other = printable(policy_ref)
        message = f"fleetfeed.ref is {self.ref}, but the policy says {other}"
        return feed_unknown(f"{message}; make the two name the same ref")


def feed_unknown(message: str) -> CannotTell:
    """The answer where it cannot be told which ref carries the feed (FF406)."""
    return CannotTell(message, finding("FF406", Place("fleetfeed.ref"), message))


def folder_of(known: queries.Settings) -> str:
    """The feed's folder, from the settings (`fleetfeed.dir`) or the default."""
    folder = (queries.setting(known, "fleetfeed.dir") or DEFAULT_FOLDER).strip("/")
    if not folder or any(part in ("", ".", "..") for part in folder.split("/")):
        what = f"fleetfeed.dir '{printable(folder)}'"
        raise feed_unknown(f"{what} is no folder of the tree")
    return folder


def locate(policy_ref: str | None, known: queries.Settings) -> Where:
    """The feed's place, given the `ref:` of the policy in sight (None: no policy).

    Raises CannotTell where settings and policy name different refs.
    """
    pinned = queries.setting(known, "fleetfeed.ref")
    if pinned is not None and not is_full_ref(pinned):
        message = f"fleetfeed.ref '{printable(pinned)}' is no full ref name"
        raise feed_unknown(f"{message} such as refs/heads/main")
    ref = pinned or policy_ref or DEFAULT.ref
    remote = _remote(known)
    tracking = queries.tracking_ref(known, remote, ref) if remote else None
    where = Where(folder_of(known), ref, remote, tracking, pinned)
    if policy_ref and policy_ref != ref:
        raise where.disagreement(policy_ref)
    return where


def _remote(known: queries.Settings) -> str | None:
    """The feed's remote: as set, else `origin`, else the only one; None without any.

    CannotTell where one of several would have to be guessed, or a name is set that no
    remote has: a guess would guard one remote while claims land on another.
    """
    chosen = queries.setting(known, "fleetfeed.remote")
    names = queries.remotes(known)
    if chosen and chosen not in names and not set(chosen) & set("/:"):
        why = f"fleetfeed.remote is {printable(chosen)}, and there is no such remote"
        raise feed_unknown(f"{why}; `git remote -v` lists them")
    if chosen or "origin" in names:
        return chosen or "origin"
    if len(names) > 1:
        known_ones = printable(", ".join(names))
        message = f"there are several remotes ({known_ones}), none is origin"
        raise feed_unknown(f"{message}; say which: `git config fleetfeed.remote NAME`")
    return names[0] if names else None
