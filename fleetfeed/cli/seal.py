"""`fleetfeed seal`: closed shards, each into one file."""

import click

from fleetfeed.cli.context import Shell, json_flag, on_feed_ref
from fleetfeed.cli.writer import seconds_of, show_retry, timeout_flag
from fleetfeed.model import layout
from fleetfeed.model.errors import Usage
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import Progress, status
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.seal import Sealer, Sealing

_NO_FILES = "its tables have no shards to seal; there is nothing to do"


@click.command()
@click.argument("shard", nargs=-1)
@click.option("--older-than", metavar="SPAN", help="In place of the policy's.")
@timeout_flag
@click.option("--dry-run", is_flag=True, help="Say what would be sealed; push nothing.")
@json_flag
@on_feed_ref(_NO_FILES)
def seal(
    shell: Shell,
    /,
    *,
    shard: tuple[str, ...],
    older_than: str | None,
    timeout: str,
    dry_run: bool,
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
    sealer = Sealer(shell.repo, tuple(map(_known, shard)), age, Progress())
    policy = RetryPolicy(seconds_of("timeout", timeout), show_retry)
    answer, done = "would seal" if dry_run else "sealed", list[Sealing]()
    try:
        for each in sealer.planned() if dry_run else sealer.run(policy):
            done.append(each)
            if not shell.as_json:
                status("")
                size = f"{each.items} items, {each.posts} posts"
                click.echo(f"{answer} {each.shard}: {size}")
    finally:
        status("")
    if sealer.remark:
        shell.remark(f"fleetfeed: {sealer.remark}")
    code = 1 if sealer.incomplete else 0
    if shell.as_json:
        rows = [_shard_json(s.shard, s.items, s.posts) for s in done]
        rows += [_shard_json(path, message=why) for path, why in sealer.left.items()]
        return shell.show("refused" if code else answer, code, shards=rows)
    for path, why in sealer.left.items():
        click.echo(f"left {path} as it is: {why}", err=True)
    if not done:
        click.echo("nothing to seal", err=True)
    return code


def _shard_json(
    shard: str,
    items: int | None = None,
    posts: int | None = None,
    message: str | None = None,
) -> dict[str, object]:
    """A shard that was sealed, or would be; with a message why it was not."""
    counts = {"item_count": items, "post_count": posts}
    return {"shard": shard, **counts, "message": message}


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
