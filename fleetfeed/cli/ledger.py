"""`fleetfeed ledger`: posts on PostgreSQL, from a feed in git and back into one."""

import time
from contextlib import closing
from pathlib import Path

import click

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.help_text import Group
from fleetfeed.cli.policy import policy
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import Progress, status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.ledger.postgres.connection import Database


@click.group(cls=Group)
def ledger() -> None:
    """Posts on PostgreSQL in place of a feed ref; git stays the log.

    Which database it is says `ledger:` in .fleetfeed.yaml, git's fleetfeed.ledger, or
    FLEETFEED_LEDGER.

    \b
    Examples:
      fleetfeed ledger init postgresql://db.example.org/fleet
      fleetfeed ledger import
      fleetfeed ledger export --follow --push origin
      fleetfeed ledger verify
    """


def _top(shell: Shell) -> Path | None:
    return Path(shell.work_tree) if shell.work_tree else None


def _database(shell: Shell) -> "Database":
    """The ledger's database. Usage where none is chosen."""
    from fleetfeed.install.ledger_setup import ledger_url
    from fleetfeed.ledger.postgres.connection import Database

    return Database(ledger_url(shell.repo, None, _top(shell)))


@ledger.command()
@click.argument("url", required=False)
@click.option(
    "--here", is_flag=True, help="Say so in this repository's git config only."
)
@json_flag
@with_shell
def init(shell: Shell, /, *, url: str | None, here: bool) -> None:
    """Make the ledger's tables in the database at URL, or bring them up to date.

    Without URL it is the ledger that is chosen already. The tables are made in the
    schema `fleetfeed`, or that which the URL's search_path says. The URL is written
    into .fleetfeed.yaml, to be committed; a password belongs into ~/.pgpass.

    \b
    Examples:
      fleetfeed ledger init postgresql://db.example.org/fleet
      fleetfeed ledger init --here 'postgresql:///fleet?options=-csearch_path%3Dcamber'
      fleetfeed ledger init
    """
    from fleetfeed.install.ledger_setup import begin

    steps = begin(shell.repo, url, _top(shell), here=here)
    if shell.as_json:
        shell.show("done", steps=[step.as_json() for step in steps])
        return
    for step in steps:
        click.echo(step.sentence)


@ledger.command("import")
@click.argument("commit", required=False)
@json_flag
@with_shell
def import_(shell: Shell, /, *, commit: str | None) -> None:
    """Bring a feed from git into the ledger, as one append: all of it, or nothing.

    Without COMMIT it is the feed ref, as the remote has it now. What the ledger has
    already must be the same, byte for byte, and is left as it is: importing again
    changes nothing. Where two items hold one surface, nothing is imported, exit 1.
    Whoever holds something has a whole lease from then on.

    \b
    Examples:
      fleetfeed ledger import
      fleetfeed ledger import refs/heads/feed
    """
    from fleetfeed.ledger.postgres.service import import_feed

    done = import_feed(shell.repo, _database(shell), commit, Progress())
    status("")
    if shell.as_json:
        counts = {"post_count": done.posts, "item_count": done.items}
        shell.show("done", commit=done.commit, **counts)
    elif done.posts:
        counted = f"{done.posts} posts and notes, {done.items} items"
        click.echo(f"imported {counted} from {done.commit[:12]}")
    else:
        click.echo(f"nothing to import: the ledger has all of {done.commit[:12]}")


@ledger.command()
@click.argument("role")
@click.option("--read", is_flag=True, help="It reads, and no more.")
@click.option("--steward", is_flag=True, help="The rules as well.")
@json_flag
@with_shell
def grant(shell: Shell, /, *, role: str, read: bool, steward: bool) -> None:
    """Let ROLE of the database read the ledger and write posts.

    The role must be there, and who asks must be the one who made the tables. No role
    can change or take away what was posted: the database itself refuses it.

    \b
    Examples:
      fleetfeed ledger grant seats
      fleetfeed ledger grant --read dashboards
      fleetfeed ledger grant --steward ann
    """
    if read and steward:
        raise Usage("--read and --steward exclude each other; a steward reads, too")
    from fleetfeed.install.ledger_setup import granted
    from fleetfeed.ledger.postgres.roles import READER, SEAT, STEWARD

    kind = STEWARD if steward else READER if read else SEAT
    step = granted(_database(shell), role, kind)
    if shell.as_json:
        shell.show("done", steps=[step.as_json()])
        return
    click.echo(step.sentence)


ledger.add_command(policy)


_REF = click.option("--ref", metavar="REF", help="In place of the feed ref.")


@ledger.command()
@_REF
@click.option("--compare", is_flag=True, help="Find what is missing by every post.")
@click.option("--push", "remote", metavar="REMOTE", help="Push the ref there, too.")
@click.option("--follow", is_flag=True, help="Go on, until it is ended.")
@click.option(
    "--every", type=click.FloatRange(min=0.1), default=2.0, help="Seconds in between."
)
@json_flag
@with_shell
def export(
    shell: Shell,
    /,
    *,
    ref: str | None,
    compare: bool,
    remote: str | None,
    follow: bool,
    every: float,
) -> int:
    """Write what the ledger has into the feed ref: one commit for each append.

    It goes on from the last export, of which the commits themselves tell. It may be
    ended at any moment, and run beside another. A ref that has posts which are not the
    ledger's is left as it is, exit 1. After a restored backup all posts are compared.

    \b
    Examples:
      fleetfeed ledger export
      fleetfeed ledger export --ref refs/heads/feed --push origin
      fleetfeed ledger export --follow --push origin --every 5
    """
    from fleetfeed.ledger.postgres.service import Exports

    if follow and shell.as_json:
        raise Usage("--follow has no end, and so no answer; leave --json out")
    with closing(Exports(shell.repo, _database(shell), ref, remote)) as exports:
        done = exports.run(Progress(), compare=compare)
        status("")
        while follow:
            if done.commits:
                click.echo(_words(done.commits, exports.ref))
            time.sleep(every)
            try:
                done = exports.run(Progress(), compare=False)
            except CannotTell as error:
                click.echo(f"fleetfeed: {error}", err=True)
    if done.remark:
        shell.remark(f"fleetfeed: {printable(done.remark, 400)}")
    if shell.as_json:
        return shell.show("done", commit=done.tip, append_count=done.commits)
    click.echo(_words(done.commits, exports.ref))
    return 0


def _words(commits: int, ref: str) -> str:
    if not commits:
        return f"nothing to export: {ref} has all of it"
    return f"exported {commits} append{'' if commits == 1 else 's'} to {ref}"


@ledger.command()
@click.argument("commit", required=False)
@json_flag
@with_shell
def verify(shell: Shell, /, *, commit: str | None) -> int:
    """Compare the ledger with the feed ref, and with itself; exit 1 where they differ.

    Every file is compared both ways, byte for byte, with what was exported to the feed
    ref here, or to COMMIT. Items, leases, surfaces and numbers are folded anew from the
    posts. What nobody has exported yet is counted, and no difference.

    \b
    Examples:
      fleetfeed ledger verify
      fleetfeed ledger verify refs/remotes/origin/main --json
    """
    from fleetfeed.ledger.postgres.service import verify_ledger

    found = verify_ledger(shell.repo, _database(shell), commit, Progress())
    status("")
    wrong, code = found.differences, 1 if found.differences else 0
    if found.unexported:
        shell.remark(f"fleetfeed: {found.unexported} appends are not exported yet")
    if shell.as_json:
        answer = "differs" if wrong else "agrees"
        paths = [each.sentence for each in wrong]
        return shell.show(answer, code, commit=found.tip, paths=paths)
    for each in wrong:
        click.echo(printable(each.sentence, 1000))
    if not wrong:
        click.echo(f"the ledger agrees with {found.tip[:12]} and with itself")
    return code
