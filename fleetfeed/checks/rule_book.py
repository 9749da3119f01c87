"""The rules at each commit: the ones that judge what lands on it."""

from fleetfeed.checks.history import feed_at
from fleetfeed.feed.objects import EXECUTABLE, PLAIN
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model import layout
from fleetfeed.model.identity import SIGNED, Flaw
from fleetfeed.model.policy import Policy
from fleetfeed.repo.location import POINTER
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import field, record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.checks.signatures import Keyring


@record
class Rules:
    """The rules at `commit`; `ids` tell one set of them from another.

    `broken` says why the keys at the commit itself cannot be read: then these are the
    last rules before it that can be, and what mends them is judged by these.
    """

    ids: tuple[str, ...]
    policy: Policy = field(compare=False)
    feed: Snapshot = field(compare=False)
    commit: str = field(compare=False)
    keyring: "Keyring | None" = field(compare=False)
    broken: Flaw | None = None

    @property
    def flawed(self) -> bool:
        """Whether the policy, or the keys that it asks for, cannot be read."""
        return bool(self.feed.policy.findings or (self.keyring and self.keyring.flaw))


class RuleBook:
    """The rules at each commit of a repository, read once."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._known: dict[str, Rules] = {}
        self._read: dict[tuple[str, ...], Rules] = {}

    def at(self, commit: str | None, first: str) -> Rules:
        """The rules at `commit`; those of `first`, where there is no feed before it.

        Where they cannot be read, the last ones that could.
        """
        if commit is None or self._feed(commit).tree.root is None:
            commit = first
        if commit not in self._known:
            rules = replace(self._rules(commit), commit=commit)
            if rules.flawed:
                flaw = rules.keyring.flaw if rules.keyring else None
                rules = self.before(commit, flaw) or rules
            self._known[commit] = rules
        return self._known[commit]

    def before(self, commit: str, flaw: Flaw | None) -> Rules | None:
        """The last rules before those at `commit`, which have the flaw; if any."""
        paths = (f"{self._repo.folder}/{path}" for path in layout.RULES)
        asked = ("log", "--first-parent", "--format=%P", commit, "--", *paths)
        for parents in self._repo.git.line(*asked).splitlines():
            for parent in parents.split()[:1]:
                if self._feed(parent).tree.root and not self._rules(parent).flawed:
                    return replace(self._rules(parent), commit=commit, broken=flaw)
        return None

    def _feed(self, commit: str) -> Snapshot:
        return Snapshot(feed_at(self._repo, commit), self._repo.cache)

    def _rules(self, commit: str) -> Rules:
        """What is there, whether it can be read or not."""
        feed = self._feed(commit)
        entries = [feed.tree.entry(path) for path in layout.RULES]
        ids = tuple(f"{e.mode:o} {e.id}" if e else "" for e in entries)
        if ids not in self._read:
            asks = feed.policy.findings or feed.rules.identity == SIGNED
            keyring = _keyring(feed) if asks else None
            self._read[ids] = Rules(ids, feed.rules, feed, commit, keyring)
        return self._read[ids]


def _keyring(feed: Snapshot) -> "Keyring":
    from fleetfeed.checks.signatures import Keyring  # late: few policies ask for keys

    return Keyring.of(feed)


def rule_files(repo: Repo, commit: str | None) -> dict[str, bytes]:
    """The rules at a commit, the pointer among them, by their names."""
    tree = feed_at(repo, commit)
    found = {path: tree.read(path) for path in layout.RULES}
    pointer = repo.entry(commit, POINTER)
    if pointer:
        file = pointer.mode in (PLAIN, EXECUTABLE)
        # What is no file there is told from any that is.
        told = f"\0{pointer.mode:o} {pointer.id}".encode()
        found[POINTER] = repo.objects.blob(pointer.id) if file else told
    return {name: data for name, data in found.items() if data is not None}
