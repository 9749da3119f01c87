"""A repository as everyone here sees it, and the feed's tree in its commits."""

import os
from collections.abc import Sequence
from functools import cached_property

from fleetfeed.feed.cache import Cache, put_bounded
from fleetfeed.feed.objects import (
    EXECUTABLE,
    MODES,
    PLAIN,
    SUBTREE,
    Entry,
    MalformedTree,
    folded,
    named,
)
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git import queries
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.git.queries import SHARED, above, between_question, git_paths
from fleetfeed.model import layout
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell, GitFailed
from fleetfeed.model.findings import Place
from fleetfeed.model.names import of_session, same_seat
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.model.yaml.salvage import salvage
from fleetfeed.repo.cache_store import DiskCacheStore
from fleetfeed.repo.location import (
    POINTER,
    Told,
    Where,
    feed_unknown,
    folder_of,
    locate,
    told,
)
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetfeed.model.pointer import Pointer

SESSION_VARIABLE = "FLEETFEED_SESSION"
"""What names one session of a seat: two of them are two holders."""

_MOST_ROOTS = 10_000
"""Trees of commits of which is remembered where the feed in them is."""


class Repo:
    """One repository: its settings, objects and refs, asked once each."""

    def __init__(
        self,
        git: Git,
        asked_together: tuple[str, ...] = (),
        known: Told | None = None,
        hooks_folder: str = "",
        *,
        paths: "Mapping[str, str] | None" = None,
        ahead: Git | None = None,
    ) -> None:
        """`asked_together`: git's own files whose places are one question.

        `known` says where the feed is, where nobody else is to be asked;
        `hooks_folder` is the feed's folder by the hook file. `paths` are git's own
        files whose places are known; `ahead` is a git that has been asked for settings
        and objects already.
        """
        self.git, self._ahead = git, ahead or git
        self._asked_together = asked_together
        self._known, self._hooks_folder = known, hooks_folder
        self._tips: dict[str, str | None] = {}
        self._paths: dict[str, str] = {**(paths or {})}
        self._between: dict[tuple[str | None, str], bytes] = {}
        self._feeds: dict[str, str | None] = {}
        self._tops: dict[tuple[str, str], Entry | None] = {}

    @cached_property
    def objects(self) -> Objects:
        """The repository's objects, a quarantine's included."""
        return Objects(self.git, self._ahead)

    @cached_property
    def settings(self) -> queries.Settings:
        """The settings that `queries.SETTINGS` asks for."""
        return queries.settings(self._ahead)

    @cached_property
    def told(self) -> Told:
        """Where the feed is, as far as anybody says before a policy is read."""
        if self._known is not None:
            return self._known
        pointer = self.pointer(self.head)
        return told(self.settings, pointer, os.environ, self._hooks_folder)

    @property
    def seat_told(self) -> tuple[str, str]:
        """The seat of this worktree, and what says it; empty where nothing does.

        With FLEETFEED_SESSION it is the seat of that one session (`SEAT/SESSION`).
        """
        variable, setting = "FLEETFEED_SEAT", "fleetfeed.seat"
        seat, source = os.environ.get(variable), variable
        if not seat:
            seat, source = queries.setting(self.settings, setting) or "", setting
        session = os.environ.get(SESSION_VARIABLE, "")
        if not seat or not session:
            return seat, source
        return of_session(seat, session), f"{source} with {SESSION_VARIABLE}"

    @property
    def session_of(self) -> str:
        """Whose session this worktree's seat is; empty where it is that of no one."""
        session = os.environ.get(SESSION_VARIABLE, "")
        above, _, name = self.seat_told[0].rpartition("/")
        return above if session and same_seat(name, session) else ""

    def as_of(self, commit: str) -> "Repo":
        """The same repository, its feed where the pointer in `commit` says."""
        if self._known is not None:
            return self
        pointer = self.pointer(commit)
        known = told(self.settings, pointer, os.environ, self._hooks_folder)
        return Repo(self.git, self._asked_together, known)

    def for_worker(self, workers: int) -> "Repo":
        """The repository for one of so many processes.

        A reader of objects is nobody else's.
        """
        return self if workers == 1 else Repo(self.git)

    @cached_property
    def folder(self) -> str:
        """The feed's folder in every tree."""
        return folder_of(self.told)

    def entry(self, commit: str | None, name: str) -> Entry | None:
        """What is called `name` at the top of a commit's tree."""
        if commit is None:
            return None
        root = self.objects.tree_of(commit)
        if (root, name) not in self._tops:
            found = named(self.objects.tree(root), name)
            put_bounded(self._tops, (root, name), found, _MOST_ROOTS)
        return self._tops[root, name]

    def expect(self, commits: Sequence[str]) -> None:
        """Be told which commits are looked at next: together they cost less.

        What cannot be read is left to whoever looks at it, and says so.
        """
        try:
            self.objects.expect(commits)
            self.objects.expect([self.objects.tree_of(each) for each in commits])
            for each in commits:
                self.tree(each)
                self.entry(each, POINTER)
        except CannotTell:
            return

    def pointer(self, commit: str | None) -> "Pointer | None":
        """What `.fleetfeed.yaml` of a commit says; None where it has none.

        CannotTell (FF406, with its line) where it cannot be read.
        """
        try:
            entry = self.entry(commit, POINTER)
        except MalformedTree:
            return None  # whoever reads a feed in this tree says so, and where
        if entry is None:
            return None
        from fleetfeed.model.pointer import read_pointer

        if entry.mode not in (PLAIN, EXECUTABLE):
            kind = MODES.get(entry.mode, f"entry of mode {entry.mode:o}")
            why = f"{POINTER} is no file but a {kind}"
            raise feed_unknown(
                f"{why}; put a file there and commit that", Place(POINTER)
            )
        found, wrong = read_pointer(self.objects.blob(entry.id), POINTER)
        if wrong:
            at = wrong[0].place
            message = f"{at.path}:{at.line}:{at.column}: {wrong[0].message}"
            raise feed_unknown(f"{message}; mend it and commit that", at)
        return found

    @cached_property
    def cache(self) -> Cache:
        """What all snapshots of this repository share, and the next command's, too."""
        return Cache(self.cache_store)

    @cached_property
    def cache_store(self) -> DiskCacheStore:
        """The cache on disk."""
        return DiskCacheStore(self.git, lambda: self.common_folder)

    @property
    def common_folder(self) -> str:
        """git's folder that all linked worktrees share, seen from where we are."""
        return above(self.git_path(SHARED))

    def git_path(self, name: str) -> str:
        """Where git keeps its file `name`, seen from where we are."""
        if name not in self._paths:
            together = self._asked_together
            names = together if name in together else (name,)
            here = self.git.at or ""
            found = git_paths(self.git, names)
            self._paths.update({n: os.path.join(here, p) for n, p in found.items()})
        return self._paths[name]

    @cached_property
    def head(self) -> str | None:
        """The commit that HEAD stands for; None where there is none."""
        return self.objects.head()

    @cached_property
    def id_size(self) -> int:
        """How many bytes an object's id has here: 20, or 32 with SHA-256."""
        form = self.git.line("rev-parse", "--show-object-format")
        return 32 if form == "sha256" else 20

    @cached_property
    def at_head(self) -> Snapshot:
        """The feed in HEAD's commit."""
        return self.snapshot(self.head)

    @cached_property
    def shallow(self) -> frozenset[str]:
        """The commits at which a shallow clone's history is cut off; none in others."""
        file = self.git_path("shallow")
        if not os.path.exists(file):
            return frozenset()
        with open(file, encoding="ascii") as rows:
            return frozenset(rows.read().split())

    def tip(self, ref: str) -> str | None:
        """What the full name `ref` stands for; None where there is no such ref."""
        if ref not in self._tips:
            self._tips[ref] = queries.exact(self.git, ref)
        return self._tips[ref]

    def between(self, old: str | None, new: str) -> bytes:
        """The commits of a push from `old` to `new` (see `between_question`)."""
        if (old, new) not in self._between:
            self._between[old, new] = self.git.out(*between_question(old, new))
        return self._between[old, new]

    def known_between(self, old: str, new: str, rows: bytes) -> None:
        """Take `rows` for the commits of a push: git does not know all of them yet."""
        self._between[old, new] = rows

    def where(self, seen: Snapshot) -> Where:
        """The feed's place, by the settings and the policy in `seen`."""
        return locate(policy_ref(seen), self.told, self.settings)

    def snapshot(self, commit: str | None) -> Snapshot:
        """The feed in a commit; an empty one where `commit` is None."""
        return Snapshot(self.tree(commit), self.cache, lasting=commit is not None)

    def incoming(self, commit: str) -> Snapshot:
        """The feed in a commit that may never land: nothing is kept of it."""
        return Snapshot(self.tree(commit), self.cache)

    def tree(self, commit: str | None) -> FeedTree:
        """The feed's tree in a commit. CannotTell where the folder is no folder."""
        if commit is None:
            return FeedTree(self.objects, None, self.folder)
        root = self.objects.tree_of(commit)
        if root not in self._feeds:
            at: str | None = root
            for name in self.folder.split("/"):
                at = self._below(at, name)
            put_bounded(self._feeds, root, at, _MOST_ROOTS)
        return FeedTree(self.objects, self._feeds[root], self.folder)

    def _below(self, root: str | None, name: str) -> str | None:
        rows = self.objects.tree(root) if root else ()
        same = folded(name)
        # What is plain ASCII stays as long as it is; that is faster told than folded.
        close = (
            r.name for r in rows if len(r.name) == len(same) or not r.name.isascii()
        )
        similar = {each for each in close if folded(each) == same}
        if similar - {name}:
            other, ours = printable((similar - {name}).pop()), printable(name)
            why = f"{other} and {ours} differ only in case or Unicode form, and {ours}"
            message = f"{why} is the feed's folder; rename the other"
            raise CannotTell(message, finding("FF023", Place(other), message))
        entry = named(rows, name)
        if entry is None:
            return None
        if entry.mode != SUBTREE:
            raise not_a_folder(self.folder, entry.mode)
        return entry.id


class NoFeedFolder(CannotTell):
    """A link or a file stands in the feed folder's place (FF021).

    On a branch that has nothing to do with the feed that is nobody's mistake.
    """


def not_a_folder(folder: str, mode: int) -> NoFeedFolder:
    """The answer where the entry at `folder` has another mode than a folder's."""
    kind = MODES.get(mode, f"entry of mode {mode:o}")
    what = f"{printable(folder)} is no folder but a {kind}"
    message = f"{what}; a feed cannot be read from it: put the folder back"
    return NoFeedFolder(message, finding("FF021", Place(printable(folder)), message))


def policy_ref(seen: Snapshot) -> str | None:
    """The feed ref that the policy in `seen` names, None where there is none.

    A policy that cannot be read still says where the feed is, where that line can be
    made out: or it could not be mended.
    """
    reading = seen.policy
    if reading.policy:
        return reading.policy.ref
    data = None if reading.absent else seen.tree.read(layout.POLICY)
    found = salvage(data, "ref") if data else ()
    return next((ref for ref in found if is_full_ref(ref)), None)


def is_repository(git: Git) -> bool:
    """Whether git finds a repository here, bare ones included."""
    try:
        return bool(git.line("rev-parse", "--git-dir"))
    except GitFailed:
        return False


def top_level(git: Git) -> str | None:
    """The top of the work tree; None in a bare repository."""
    try:
        return git.line("rev-parse", "--show-toplevel")
    except GitFailed:
        return None
