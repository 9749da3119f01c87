"""What the doctor found, as data: `cli` prints it as lines or as JSON.

And what no hook can stop, said so that nobody takes `ok` for more.
"""

from typing import Literal

from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

Status = Literal["ok", "untried", "warn", "bad", "skipped"]
"""`untried` is there and was not tried, on which nothing depends; `warn` does not open
the feed to anyone; `bad` does, or breaks it; `skipped` could not be told."""


@record
class Check:
    """One thing looked at: a short `name`, a sentence, and `next`, what to do."""

    name: str
    status: Status
    sentence: str
    next: str = ""

    def lines(self) -> list[str]:
        """The check for a person, one or two printable lines."""
        todo = [f"{'':9}next: {printable(self.next, 600)}"] if self.next else []
        found = f"{self.status:7}  {self.name}: {printable(self.sentence, 600)}"
        return [found, *todo]

    def as_json(self) -> dict[str, object]:
        """The check for a program."""
        known = {"name": self.name, "status": self.status, "message": self.sentence}
        return {**known, "mend": self.next or None}


@record
class Diagnosis:
    """All checks, and what no hook can stop."""

    checks: tuple[Check, ...]
    limits: tuple[str, ...]

    @property
    def code(self) -> int:
        """The exit code: 0 proven, 1 off or broken, 3 could not tell."""
        found = {check.status for check in self.checks}
        return 1 if "bad" in found else 3 if "skipped" in found else 0

    @property
    def answer(self) -> str:
        """`on`, `off` (or broken), or `cannot tell`."""
        return {0: "on", 1: "off"}.get(self.code, "cannot tell")

    def lines(self) -> list[str]:
        """The diagnosis for a person."""
        lines = [line for check in self.checks for line in check.lines()]
        lines += ["", "What hooks cannot stop:"]
        lines += [f"  - {limit}" for limit in self.limits]
        return [*lines, "", f"fleetfeed: {self.summary}"]

    @property
    def summary(self) -> str:
        """The verdict in a sentence."""
        return _SUMMARY[self.answer]

    @property
    def facts(self) -> dict[str, object]:
        """The diagnosis for a program, by the schema of all answers."""
        return {
            "message": self.summary,
            "checks": [check.as_json() for check in self.checks],
            "limits": list(self.limits),
        }


_SUMMARY = {
    "on": "enforcement is on here; it was tried",
    "off": "enforcement is off or broken here; see the lines that begin with bad",
    "cannot tell": "cannot tell whether enforcement is on; see the skipped lines",
}


_AROUND = (
    "whoever has a shell or a file path to the server's repository passes by its hooks "
    "(`git push --receive-pack='git -c core.hooksPath=/dev/null receive-pack'`)"
)
_NO_PRE_COMMIT = (
    "rebase, cherry-pick, revert, am, a fast-forward, a fetch into a branch, and "
    "programs that write through libgit2 run no pre-commit hook"
)
_WAY_IN = (
    "a way in that runs no hook: the pushes were tried on a stand-in, with this "
    "server's branches, settings and hook file"
)
EVERYWHERE = (
    "where the server keeps no time (no hook, or no place for stamps), no lease lapses",
    _AROUND,
    "github.com runs no pre-receive hook: there a required check must stand in",
)

_FROM_AFAR = (
    "the server's hook answered, and what it refuses was not tried from here: there, "
    "run `fleetfeed doctor --server .`"
)

CLONE = (
    "`git commit --no-verify` and `git push --no-verify` run no hook of a clone",
    _NO_PRE_COMMIT,
    "other clones: each needs `fleetfeed install` of its own",
    _FROM_AFAR,
)

SERVER = (
    _WAY_IN,
    "what a clone commits: only the push is judged here, and only to the feed ref",
)
