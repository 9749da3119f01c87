"""Tables of pushes: each row prepares one push and names the verdict on it.

Every row is pushed twice: as a dry run, which stops at pre-push, and past pre-push to
the server. What the server refuses must leave nothing behind there. Pre-push judges as
the server does: where both say the same, `make test` asks it for one row of each verdict.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.fleet import Seat, Server
from harness.repo import Result
from harness.scene import Scene

FEED = "HEAD:refs/heads/main"
GIT = "git"

_REFUSED = "refs/fleetfeed/refused "

# All refs with their values, and all files of the object store.
Everything = tuple[str, list[Path]]

Play = Callable[[Scene], Sequence[str] | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One push: `play` prepares it and may return refspecs (none: HEAD to the feed).

    `server` and `client` are the codes that refuse there, separated by blanks: empty
    where the push passes, `GIT` where git itself refuses. `says` is what the server's
    answer contains.
    """

    name: str
    play: Play
    server: str
    client: str
    says: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, added by decorating what prepares them."""

    rows: list[Row] = field(default_factory=list)

    def row(
        self, server: str = "", *, client: str | None = None, says: str = ""
    ) -> Callable[[Play], Play]:
        """Add the decorated function; without `client`, pre-push says the same."""

        def add(play: Play) -> Play:
            before = server if client is None else client
            self.rows.append(Row(play.__name__, play, server, before, says))
            return play

        return add

    def of_each_verdict(self) -> list[Row]:
        """One row of each verdict, and all on which pre-push says another."""
        return [*{(row.server, row.client): row for row in self.rows}.values()] + [
            row for row in self.rows if row.client != row.server
        ]


def play_row(row: Row, scene: Scene, *, dry_run: bool = True) -> Result:
    """Push as `row` says, and compare both verdicts; the server's answer.

    Without `dry_run` pre-push is not asked.
    """
    refspecs = row.play(scene) or [FEED]
    if dry_run:
        asked = scene.me.git("push", "--dry-run", "origin", *refspecs, ok=None)
        _compare(asked, row.client)
    before = everything(scene.server)
    pushed = scene.me.git("push", "--no-verify", "origin", *refspecs, ok=None)
    check_pushed(row, pushed, scene.server, before)
    return pushed


def check_pushed(row: Row, pushed: Result, server: Server, before: Everything) -> None:
    """Compare the server's answer to a push, and what it left there, with `row`."""
    _compare(pushed, row.server)
    assert row.says in pushed.said, pushed
    if row.server:
        assert everything(server) == before, pushed


def _compare(result: Result, expected: str) -> None:
    assert result.ok == (not expected), result
    codes = set() if expected == GIT else set(expected.split())
    assert result.refusals == codes, result
    assert "this is a bug" not in result.said, result


def everything(server: Server) -> Everything:
    """All refs of a server with their values, and all files of its object store.

    But for how often it has refused something, which it tells its clients by a blob.
    """
    form = "--format=%(refname) %(objectname) %(symref)"
    refs = server.git("for-each-ref", form).stdout.splitlines()
    counted = {row.split()[1] for row in refs if row.startswith(_REFUSED)}
    store = server.folder / "objects"
    files = {each for each in store.rglob("*") if each.is_file()}
    others = files - {store / id_[:2] / id_[2:] for id_ in counted}
    said = "\n".join(row for row in refs if not row.startswith(_REFUSED))
    return said, sorted({*others, *(each.parent for each in others)})


def put(seat: Seat, path: str, text: str | bytes) -> str:
    """Write one file and commit it past the commit hook; the commit's id."""
    seat.write(path, text)
    return past(seat)


def past(seat: Seat) -> str:
    """Commit all there is past the commit hook; the commit's id."""
    seat.commit("a commit", "--no-verify")
    return seat.tip()


def slip(seat: Seat, *refspecs: str) -> None:
    """Push past all hooks and checks, as whoever has a path to the repository can."""
    pack = "git -c core.hooksPath=/dev/null -c receive.fsckObjects=false receive-pack"
    options = ("push", "-q", "--no-verify", f"--receive-pack={pack}", "origin")
    seat.git(*options, *(refspecs or (FEED,)))
