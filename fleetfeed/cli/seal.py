"""`fleetfeed seal`: closed shards, each into one file."""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

import click

from fleetfeed.cli.context import Shell, echo_json, edge
from fleetfeed.cli.writer import seconds_of, tell_retry, timeout_flag
from fleetfeed.feed.shards import Shard, shards
from fleetfeed.ledger.base import Tip
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model import layout
from fleetfeed.model.errors import Usage
from fleetfeed.repo.repository import Repo
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import Progress
from fleetfeed.util.records import field, record
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.seal import (
    NotYet,
    Sealed,
    Sealing,
    busy,
    closed,
    is_sealed,
    seal_shards,
    sealing,
)

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
) -> int:
    """Put closed shards, each a folder of a thousand items, into one file each.

    A shard is closed when all its items are over, for longer than the policy's
    seal.after, and new numbers lie beyond it. Nothing that can be asked changes, and
    an item in it may still be reopened: pushes and fetches cost less, since git has
    one object instead of thousands. Any seat may run this at any time.

    With SHARD only those are sealed; exit 1 where one of them cannot be.

    \b
    Examples:
      fleetfeed seal --dry-run
      fleetfeed seal
      fleetfeed seal CMB/001 --older-than 7d
    """
    age = None if older_than is None else _age(older_than)
    work = _Sealer(shell.repo, tuple(map(_known, shard)), age)
    patience = RetryPolicy(seconds_of("timeout", timeout), tell_retry)
    answer, done = "would seal" if dry_run else "sealed", list[Sealing]()
    for each in work.planned() if dry_run else work.run(patience):
        done.append(each)
        if not as_json:
            click.echo(f"{answer} {each.shard}: {each.items} items, {each.posts} posts")
    code = 1 if work.asked and work.left else 0
    if as_json:
        _echo_json("refused" if code else answer, done, work.left, code)
        return code
    for path, why in work.left.items():
        click.echo(f"left {path} as it is: {why}", err=True)
    if not done:
        click.echo("nothing to seal", err=True)
    return code


def _echo_json(
    answer: str, done: Sequence[Sealing], left: Mapping[str, str], code: int
) -> None:
    rows = [{"shard": s.shard, "items": s.items, "posts": s.posts} for s in done]
    echo_json({"answer": answer, "shards": rows, "left": left, "code": code})


def _age(text: str) -> int:
    found = durations.seconds(text)
    if found is None:
        raise Usage(f"--older-than '{printable(text)}' is no span of time; write 30d")
    return found


def _known(path: str) -> str:
    """The path of a shard, as it was typed. Usage where it is none."""
    if not layout.is_seal(path + layout.SEALED):
        message = f"'{printable(path)}' is no shard"
        raise Usage(f"{message}; write the prefix and the thousands, such as CMB/001")
    return path


@record
class _Sealer:
    """One run: the shards that are asked for (none: all), and how old they must be.

    `left` are those that cannot be sealed, and why.
    """

    repo: Repo
    asked: tuple[str, ...]
    age: int | None
    left: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _ledger(self) -> GitLedger:
        return GitLedger(self.repo)

    @cached_property
    def _tell(self) -> Progress:
        return Progress()

    @cached_property
    def _touched(self) -> dict[str, float]:
        return {}

    def planned(self) -> Iterator[Sealing]:
        """All that would be sealed now."""
        return self._made(self._ledger.read(RetryPolicy().seconds))

    def run(self, patience: RetryPolicy) -> Iterator[Sealing]:
        """Seal all there is, a few shards a push; each is told when it is done."""
        remark = ""
        while (now := self._some(patience)).shards:
            yield from now.shards
            remark = now.remark
        if remark:
            click.echo(f"fleetfeed: {remark}", err=True)

    def _some(self, patience: RetryPolicy) -> Sealed:
        def plan(tip: Tip) -> Sequence[Sealing]:
            return list(islice(self._made(tip), _TOGETHER))

        try:
            return seal_shards(self._ledger, plan, patience)
        finally:
            tell_retry("")

    def _made(self, tip: Tip) -> Iterator[Sealing]:
        """What can be sealed at `tip`; why the others cannot is put into `left`."""
        if self.asked:
            self._look_for_asked(tip)
        todo = [shard for shard in closed(tip.feed) if self._is_wanted(shard)]
        age = tip.feed.rules.seal_after if self.age is None else self.age
        before = time.time() - age
        for done, shard in enumerate(todo, 1):
            self._tell("looking at closed shards", done, len(todo))
            try:
                yield sealing(tip.feed, shard, before, lambda s: self._at(tip, s))
            except NotYet as why:
                self.left[shard.path] = str(why)

    def _is_wanted(self, shard: Shard) -> bool:
        named = not self.asked or shard.path in self.asked
        return named and shard.path not in self.left

    def _look_for_asked(self, tip: Tip) -> None:
        """Put into `left` what was asked for and is not there, or not closed."""
        there = {shard.path: shard for shard in shards(tip.feed.tree)}
        waiting = busy(tip.feed)
        for path in self.asked:
            if path not in there:
                self.left[path] = "there is no such shard on the feed"
            elif path in waiting and not is_sealed(there[path]):
                self.left[path] = waiting[path]

    def _at(self, tip: Tip, shard: str) -> float:
        """When a commit last touched the shard, in seconds of UTC."""
        if shard not in self._touched:
            path = f"{self.repo.folder}/{shard}"
            asked = ("log", "-1", "--format=%ct", tip.commit, "--", path)
            said = self.repo.git.line(*asked)
            self._touched[shard] = float(said) if said else time.time()
        return self._touched[shard]
