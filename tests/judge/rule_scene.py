"""A small real repository, for the rules that only arise between commits and refs.

It starts with a published policy-less feed of one claim (`tip`) on top of an empty
commit (`first`). Entrances are called in this process: what hooks add is tested with
real pushes elsewhere.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness import Repo, path

from fleetfeed.checks.commit import judge_commit
from fleetfeed.checks.push import judge_push
from fleetfeed.checks.queue import Pushed, judge_queue
from fleetfeed.checks.receive import Update, judge_receive
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git.process import Git
from fleetfeed.lease.stamps import Clock
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Finding, Verdict
from fleetfeed.model.pusher import Pusher
from fleetfeed.repo import repository, staged
from fleetfeed.repo.location import Where

MAIN = "refs/heads/main"
TRACKING = "refs/remotes/origin/main"
BEATS = "refs/fleetfeed/beats/CMB-0001"
WHERE = Where("feed", MAIN, "origin", TRACKING, MAIN)

Found = tuple[Finding, ...]
Files = Mapping[str, str | None]


@dataclass
class Scene:
    """The repository; `tip` is the newest commit, `published` where the feed ref is."""

    repo: Repo
    first: str = field(init=False)
    published: str = field(init=False)
    time: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Publish one claim."""
        self.repo.git("config", "remote.origin.url", "nowhere")
        fetch = "+refs/heads/*:refs/remotes/origin/*"
        self.repo.git("config", "remote.origin.fetch", fetch)
        self.repo.commit("first")
        self.first = self.repo.tip()
        self.published = self.commit({path("CMB-0001"): _CLAIM})
        self.repo.git("update-ref", TRACKING, self.published)

    @property
    def tip(self) -> str:
        """The newest commit."""
        return self.repo.tip()

    def commit(self, files: Files, parent: str = "") -> str:
        """A commit of `files` on the tip, or on `parent`."""
        if parent:
            self.repo.git("checkout", "-q", "--detach", parent)
        self._write(files)
        self.repo.commit()
        return self.tip

    def _write(self, files: Files) -> None:
        for name, text in files.items():
            if text is None:
                (self.repo.folder / name).unlink()
            else:
                self.repo.write(name, text)

    def moved(self, new: str | None) -> tuple[str, str | None, str]:
        """The feed ref's move from what is published to `new`."""
        return self.published, new, MAIN

    def push(self, *commits: str, lost: str = "") -> Found:
        """What is said of pushing `commits`; `lost` is a path whose bytes go missing."""
        if lost:
            id_ = self.repo.line("rev-parse", f"{commits[-1]}:{lost}")
            (self.repo.folder / ".git/objects" / id_[:2] / id_[2:]).unlink()
        return self._said(
            lambda seen: judge_push(seen, self.published, commits[-1], WHERE)
        )

    def receive(
        self,
        *updates: tuple[str | None, str | None, str],
        pusher: Pusher | None = None,
    ) -> Found:
        """What the server says of a push of `updates` (old, new, ref) by `pusher`."""
        self.repo.git("update-ref", MAIN, self.published)
        moves = [Update(*each) for each in updates]
        clock = Clock("this boot", lambda: self.time)
        return self._said(
            lambda seen: judge_receive(
                seen, moves, WHERE, ServerLeases(seen, lambda: clock), pusher
            )
        )

    def exported(self, ledger: Files, new: str) -> Found:
        """What is said of `new`, received where `ledger` is what the ledger has."""
        known = {name.removeprefix("feed/"): text for name, text in ledger.items()}
        there = {name: text.encode() for name, text in known.items() if text}

        def asked(paths: Sequence[str]) -> Mapping[str, bytes]:
            return {path: there[path] for path in paths if path in there}

        def judge(seen: repository.Repo) -> Verdict:
            leases, move = ServerLeases(seen, lambda: None), Update(*self.moved(new))
            return judge_receive(seen, [move], WHERE, leases, asked=asked)

        return self._said(judge)

    def queued(self, *commits: str) -> Found:
        """What the server's queue says of `commits`, pushed to it one after another."""
        pushes = [Pushed(each) for each in commits]

        def judge(seen: repository.Repo) -> Verdict:
            leases = ServerLeases(seen, lambda: None)
            queued = judge_queue(seen, WHERE, self.published, pushes, leases)
            return sum((each.verdict for each in queued.answers), Verdict())

        return self._said(judge)

    def beat(self, *, hours: float = 0) -> Found:
        """What the server says of a beat of CMB-0001, `hours` after another one."""
        for turn, self.time in enumerate((0.0, hours * 3600)):
            text = f"ITEM: CMB-0001\nEPOCH: 1\nOP: -\nBEAT: {turn}\n"
            stored = self.repo.git("hash-object", "-w", "--stdin", stdin=text)
            found = self.receive((None, stored.stdout.strip(), BEATS))
        return found

    def linked(self, name: str) -> "Scene":
        """This scene, with a symbolic ref `name` to the feed ref."""
        self.repo.git("symbolic-ref", name, MAIN)
        return self

    def plan(self, files: Files) -> Found:
        """What the commit hook says of `files`, over a draft of the item's next post."""
        self.commit({path("CMB-0001", 2): _DRAFT})
        self._write(files)
        self.repo.git("add", "-A")

        def judge(seen: repository.Repo) -> Verdict:
            return judge_commit(seen, staged.staged(seen))

        return self._said(judge)

    def doubled(self, name: str, *texts: str) -> str:
        """A commit whose tree names the file `name` once for each of `texts`."""
        folder, _, base = name.rpartition("/")
        rows = [
            _row("100644", base, self.repo.line("hash-object", "-w", str(file)))
            for file in (self.repo.write(".git/doubled", text) for text in texts)
        ]
        before = self.repo.line("ls-tree", f"{self.tip}:{folder}").split("\n")
        there = [_row(*_TREE_ROW.fullmatch(line).group(1, 3, 2)) for line in before]
        tree = self._tree(b"".join(there + rows))
        top = self._tree(_row("40000", folder, tree))
        return self.repo.line("commit-tree", top, "-p", self.tip, "-m", "doubled")

    def _tree(self, rows: bytes) -> str:
        file = self.repo.folder / ".git/rows"
        file.write_bytes(rows)
        return self.repo.line(
            "hash-object", "-w", "--literally", "-t", "tree", str(file)
        )

    def _said(self, judge: Callable[[repository.Repo], Verdict]) -> Found:
        seen = repository.Repo(Git(self.repo.folder))
        try:
            return judge(seen).findings
        except CannotTell as error:
            return (error.finding,) if error.finding else ()
        finally:
            seen.objects.close()


_TREE_ROW = re.compile(r"0?(\d+) \w+ (\w+)\t(.+)")


def _row(mode: str, name: str, id_: str) -> bytes:
    """An entry of a tree object, as git stores it."""
    return f"{mode} {name}\0".encode() + bytes.fromhex(id_)


_CLAIM = """\
ITEM: CMB-0001
STATE: IN_PROGRESS
SEAT: CAMBER-06
SUBJECT: sort the parser's tests
SURFACE_KEY: CAMBER:file:tests/parser.py
NO_OVERLAP_PROOF: nobody else works on the parser
"""
_DRAFT = "ITEM: CMB-0001\nSTATE: BLOCKED\nSEAT: CAMBER-06\n"
