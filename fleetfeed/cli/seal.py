"""`fleetfeed seal`: closed shards, each into one file."""

import time
from collections.abc import Sequence
from functools import cached_property

import click

from fleetfeed import span
from fleetfeed.claim.sealing import NotYet, Sealing, closed, sealing
from fleetfeed.cli.context import Shell, echo_json, edge
from fleetfeed.cli.writing import seconds_of, timeout_flag
from fleetfeed.errors import Usage
from fleetfeed.feed.trees import Repo
from fleetfeed.places import Shard
from fleetfeed.progress import Progress
from fleetfeed.record import record
from fleetfeed.shown import shown
from fleetfeed.snapshot import Snapshot
from fleetfeed.store import Patience
from fleetfeed.store.git import GitLedger
from fleetfeed.store.sealing import seal_shards

_TOGETHER = 4
"""Shards in one commit: a server's hook reads each of them whole."""


@click.command()
@click.argument("shard", nargs=-1)
@click.option("--older-than", metavar="SPAN", help="In place of the policy's.")
@timeout_flag
@click.option("--dry-run", is_flag=True, help="Say what would be sealed; push nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
@edge
def seal(
    shell: Shell,
    /,
    *,
    shard: tuple[str, ...],
    older_than: str | None,
    timeout: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Put closed shards, each a folder of a thousand items, into one file each.

    A shard is closed when all its items are over, for longer than the policy's
    seal.after, and new numbers lie beyond it. Nothing that can be asked changes, and
    an item in it may still be reopened: pushes and fetches cost less, since git has
    one object instead of thousands. Any seat may run this at any time.

    \b
    Examples:
      fleetfeed seal --dry-run
      fleetfeed seal
      fleetfeed seal CMB/001 --older-than 7d
    """
    age = None if older_than is None else _age(older_than)
    work = _Sealer(shell.repo, frozenset(shard), age)
    patience = Patience(seconds_of("timeout", timeout))
    done = work.planned() if dry_run else work.run(patience)
    if as_json:
        rows = [{"shard": s.shard, "items": s.items, "posts": s.posts} for s in done]
        answer = "would seal" if dry_run else "sealed"
        echo_json({"answer": answer, "shards": rows, "left": work.left, "code": 0})
        return
    for each in done:
        said = "would seal" if dry_run else "sealed"
        click.echo(f"{said} {each.shard}: {each.items} items, {each.posts} posts")
    for path, why in work.left.items():
        click.echo(f"left {path} as it is: {why}", err=True)
    if not done:
        click.echo("nothing to seal", err=True)


def _age(text: str) -> int:
    found = span.seconds(text)
    if found is None:
        raise Usage(f"--older-than '{shown(text)}' is no span of time; write 30d")
    return found


@record
class _Sealer:
    """One run: the shards that are asked for (none: all), and how old they must be."""

    repo: Repo
    asked: frozenset[str]
    age: int | None

    @cached_property
    def left(self) -> dict[str, str]:
        """The closed shards that are not sealed, and why."""
        return {}

    @cached_property
    def ledger(self) -> GitLedger:
        """The feed ref."""
        return GitLedger(self.repo)

    @cached_property
    def _tell(self) -> Progress:
        return Progress()

    def planned(self) -> Sequence[Sealing]:
        """All that would be sealed now."""
        tip = self.ledger.read(Patience().seconds)
        todo = self._closed(tip.feed)
        return self._first(tip.commit, tip.feed, todo, len(todo))

    def run(self, patience: Patience) -> Sequence[Sealing]:
        """Seal all there is, a few shards a push."""
        done = list[Sealing]()
        while now := seal_shards(self.ledger, self._next, patience):
            done += now
        return done

    def _next(self, commit: str, feed: Snapshot) -> Sequence[Sealing]:
        todo = [each for each in self._closed(feed) if each.path not in self.left]
        return self._first(commit, feed, todo, _TOGETHER)

    def _closed(self, feed: Snapshot) -> list[Shard]:
        return [s for s in closed(feed) if not self.asked or s.path in self.asked]

    def _first(
        self, commit: str, feed: Snapshot, todo: list[Shard], most: int
    ) -> list[Sealing]:
        """The first of `todo` that can be sealed; why the others before cannot."""
        age = feed.rules.seal_after if self.age is None else self.age
        made = list[Sealing]()
        for done, shard in enumerate(todo, 1):
            self._tell("looking at closed shards", done, len(todo))
            try:
                before = time.time() - age
                made.append(sealing(feed, shard, before, lambda s: self._at(commit, s)))
            except NotYet as why:
                self.left[shard.path] = str(why)
            if len(made) == most:
                break
        return made

    def _at(self, commit: str, shard: str) -> float:
        """When a commit last touched the shard, in seconds of UTC."""
        path = f"{self.repo.folder}/{shard}"
        said = self.repo.git.line("log", "-1", "--format=%ct", commit, "--", path)
        return float(said) if said else time.time()
