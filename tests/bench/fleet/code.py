"""The code that the tickets are about: a bare repository, and a clone for each seat.

Nothing here knows of fleetfeed. A ticket is worked on by edits, and lands as a commit
that is rebased on the newest code and pushed, as often as another push was first.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import Repo

from bench.feeds import write_commits
from bench.fleet.tickets import SECTIONS, Ticket

_MAIN, _TRACKED = "refs/heads/main", "refs/remotes/origin/main"
_LINES = 8
"""Of each section, beside what tickets add."""


def made(folder: Path, tickets: Sequence[Ticket]) -> Repo:
    """A bare repository with every file that a ticket is about."""
    bare = Repo.init(folder, "--bare")
    files = {ticket.path: _text() for ticket in tickets}
    write_commits(bare, [[("README.md", "the code"), *sorted(files.items())]])
    return bare


def _text() -> str:
    lines = (f"    {n} = None" for n in range(_LINES))
    body = "\n".join(lines)
    return "\n".join(f"class {each}:\n{body}\n" for each in SECTIONS)


@dataclass(frozen=True, slots=True)
class Clone:
    """A seat's clone of the code."""

    repo: Repo
    seat: str

    @classmethod
    def of(cls, bare: Repo, folder: Path, seat: str) -> "Clone":
        """A new clone."""
        bare.git("clone", "-q", ".", str(folder))
        return cls(Repo(folder), seat)

    def fetch(self) -> None:
        """Stand on the newest code."""
        self.repo.git("fetch", "-q", "--no-tags", "origin", f"+{_MAIN}:{_TRACKED}")
        self.repo.git("checkout", "-q", "--force", "--detach", _TRACKED)

    def closed(self) -> set[str]:
        """The names of the tickets that are closed in the code it stands on."""
        return {file.name for file in (self.repo.folder / "closed").glob("*")}

    def has(self, ticket: Ticket) -> bool:
        """Whether what `ticket` wants is in the code it stands on."""
        return f"{ticket.work} = " in self._file(ticket).read_text()

    def edit(self, ticket: Ticket, seconds: float) -> None:
        """Work on `ticket`: so many seconds, and an edit in each part of its file."""
        for section in ticket.sections:
            time.sleep(seconds / len(ticket.sections))
            file = self._file(ticket)
            head = f"class {section}:\n"
            # In its own words: no two who do the same write the same.
            line = f'    {ticket.work} = "by {self.seat}"\n'
            file.write_text(file.read_text().replace(head, head + line))

    def commit(self, ticket: Ticket) -> None:
        """Commit what was edited, and that `ticket` is closed."""
        self.repo.write(f"closed/{ticket.name}", "")
        self.repo.commit(ticket.name)

    def land(self) -> bool:
        """Push the commit, on the newest code. False at a conflict: it is taken back.

        RuntimeError where a push fails for another reason than that one was quicker.
        """
        while True:
            self.repo.git("fetch", "-q", "--no-tags", "origin", f"+{_MAIN}:{_TRACKED}")
            if not self.repo.git("rebase", "-q", _TRACKED, ok=None).ok:
                self.repo.git("rebase", "--abort")
                return False
            pushed = self.repo.git("push", "-q", "origin", f"HEAD:{_MAIN}", ok=None)
            if pushed.ok:
                return True
            if not any(word in pushed.stderr for word in _QUICKER):
                raise RuntimeError(pushed.stderr)

    def _file(self, ticket: Ticket) -> Path:
        return self.repo.folder / ticket.path


_QUICKER = ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update")


def done_in(bare: Repo, tickets: Sequence[Ticket]) -> int:
    """How much that `tickets` want is in the code: the same is counted once."""
    wanted = {ticket.work: ticket.path for ticket in tickets}
    texts = {path: bare.holds(path, _MAIN) or "" for path in {*wanted.values()}}
    return sum(f"{work} = " in texts[path] for work, path in wanted.items())
