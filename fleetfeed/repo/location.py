"""Where the feed is: its folder, its ref, its remote. Everyone asks here.

A reader, a writer and a hook that answered this each in its own way would sooner or
later look at different refs, and one of them would guard what nobody uses.

Who says it, the first that does: a flag, the environment (`FLEETFEED_DIR`, `_REF`,
`_REMOTE`, `_LEDGER`), git's settings (`fleetfeed.dir`, `.ref`, `.remote`, `.ledger`),
`.fleetfeed.yaml` of the commit in hand, the policy's `ref:`, the defaults. A server's
hook listens to the repository's own config file and to nobody else (`server_told`).
"""

from collections.abc import Mapping

from fleetfeed.git import queries
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Place
from fleetfeed.model.policy import DEFAULT
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.pointer import Pointer

DEFAULT_FOLDER = "feed"
POINTER = ".fleetfeed.yaml"
"""The committed file that says where the feed is (`model.pointer`)."""


@record
class Said:
    """A value, and who says it."""

    value: str
    by: str


@record
class Told:
    """Where the feed is, as far as anybody says before a policy is read.

    `server` is the name of the fleet's server, where `.fleetfeed.yaml` says it;
    `ledger` where posts are written to, None where that is the feed ref.
    """

    dir: Said | None = None
    ref: Said | None = None
    remote: Said | None = None
    server: str = ""
    ledger: Said | None = None


def told(
    known: queries.Settings,
    pointer: "Pointer | None" = None,
    environment: Mapping[str, str] | None = None,
    hooks_folder: str = "",
) -> Told:
    """What environment, settings and pointer say, in this order.

    Where none of them names a folder, the hook file's is it: it was put in by somebody
    who knew, before there was a commit that could say so.
    """

    def said(name: str) -> Said | None:
        variable, setting = f"FLEETFEED_{name.upper()}", f"fleetfeed.{name}"
        given = (environment or {}).get(variable)
        if given:
            return Said(given, variable)
        chosen = queries.setting(known, setting)
        if chosen is not None:
            return Said(chosen, setting)
        value = getattr(pointer, name) if pointer else ""
        return Said(value, f"{POINTER}'s {name}") if value else None

    server = pointer.server if pointer else ""
    filled_in = Said(hooks_folder, "the hook file") if hooks_folder else None
    folder = said("dir") or filled_in
    return Told(folder, said("ref"), said("remote"), server, said("ledger"))


def server_told(known: queries.Settings, ref: str | None, folder: str | None) -> Told:
    """What a server's own config file pins, or its hook file (`--ref`, `--dir`)."""
    flags = {"fleetfeed.ref": ref, "fleetfeed.dir": folder}
    given = {name: (value,) for name, value in flags.items() if value}
    return told({**known, **given})


def looking_at(said: Said | None, name: str, value: str) -> str:
    """The command after which the feed's `name` (dir, ref) is looked for at `value`.

    `said` is who says it now: a variable comes before every setting.
    """
    if said and said.by.startswith("FLEETFEED_"):
        return f"unset {said.by}"
    import shlex  # late: advice is for who is refused

    return f"git config fleetfeed.{name} {shlex.quote(value)}"


@record
class Where:
    """The feed's place: `folder` in the tree, full ref names, and the remote's name.

    `pinned` is the ref as somebody says it, None where only a policy or the default
    does; `tracking` is the ref where a fetch keeps the remote's feed ref.
    """

    folder: str
    ref: str
    remote: str | None
    tracking: str | None
    pinned: Said | None

    def disagreement(self, policy_ref: str) -> CannotTell:
        """What to say where a policy names another ref than the settings."""
        other = printable(policy_ref)
        by = self.pinned.by if self.pinned else "the default"
        message = f"{by} is {self.ref}, but the policy says {other}"
        return feed_unknown(f"{message}; make the two name the same ref")


def feed_unknown(message: str, place: Place | None = None) -> CannotTell:
    """The answer where it cannot be told where the feed is (FF406)."""
    at = place or Place("fleetfeed.ref")
    return CannotTell(message, finding("FF406", at, message))


def folder_of(known: Told) -> str:
    """The feed's folder, as told, or the default."""
    if known.dir is None:
        return DEFAULT_FOLDER
    folder = known.dir.value.strip("/")
    if not folder or any(part in ("", ".", "..") for part in folder.split("/")):
        what = f"{known.dir.by} '{printable(folder)}'"
        raise feed_unknown(f"{what} is no folder of the tree")
    return folder


def locate(policy_ref: str | None, known: Told, settings: queries.Settings) -> Where:
    """The feed's place, given the `ref:` of the policy in sight (None: no policy).

    Raises CannotTell where settings and policy name different refs.
    """
    pinned = known.ref
    if pinned is not None and not is_full_ref(pinned.value):
        message = f"{pinned.by} '{printable(pinned.value)}' is no full ref name"
        raise feed_unknown(f"{message} such as refs/heads/main")
    ref = pinned.value if pinned else policy_ref or DEFAULT.ref
    remote = remote_of(known.remote, settings)
    tracking = queries.tracking_ref(settings, remote, ref) if remote else None
    where = Where(folder_of(known), ref, remote, tracking, pinned)
    if policy_ref and policy_ref != ref:
        raise where.disagreement(policy_ref)
    return where


def remote_of(chosen: Said | None, settings: queries.Settings) -> str | None:
    """The feed's remote: as told, else `origin`, else the only one; None without any.

    An address that one of the remotes has is that remote. CannotTell where one of
    several would have to be guessed, or a name is told that no remote has: a guess
    would guard one remote while claims land on another.
    """
    names = queries.remotes(settings)
    if chosen and chosen.value not in names:
        return _by_address(chosen, settings)
    if chosen or "origin" in names:
        return chosen.value if chosen else "origin"
    if len(names) > 1:
        known_ones = printable(", ".join(names))
        message = f"there are several remotes ({known_ones}), none is origin"
        raise feed_unknown(f"{message}; say which: `git config fleetfeed.remote NAME`")
    return names[0] if names else None


def _by_address(chosen: Said, settings: queries.Settings) -> str:
    if not set(chosen.value) & set("/:"):
        why = f"{chosen.by} is {printable(chosen.value)}, and there is no such remote"
        raise feed_unknown(f"{why}; `git remote -v` lists them")
    return queries.remote_at(settings, chosen.value) or chosen.value
