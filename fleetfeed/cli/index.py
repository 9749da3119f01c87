"""`fleetfeed index`: the cache of what the feed holds, against the feed itself.

To its users it has always been the memo, in what is printed and in docs/memo.md.
"""

from contextlib import suppress

import click

from fleetfeed.cli.context import Shell, json_flag, on_feed_ref
from fleetfeed.cli.help_text import Group
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.view import newest_view
from fleetfeed.report.documents import feed_json
from fleetfeed.writing.next_steps import Step

_REBUILD = Step(("index", "rebuild"))


_NO_MEMO = (
    "the memo is of a feed in git; `fleetfeed ledger verify` compares what its tables"
    " say with the posts"
)


@click.group(cls=Group)
def index() -> None:
    """The memo: what is open, held and taken, remembered beside the repository.

    It is made by itself, and holds nothing that the feed does not say: losing it costs
    the time of reading the feed once.

    \b
    Examples:
      fleetfeed index verify
      fleetfeed index rebuild
    """


@index.command()
@json_flag
@on_feed_ref(_NO_MEMO)
def verify(shell: Shell) -> int:
    """Compare the memo with the feed, read from nothing; exit 1 where they differ.

    \b
    Examples:
      fleetfeed index verify
      fleetfeed index verify --json
    """
    view = newest_view(shell.repo, offline=True)
    wrong = list(shell.repo.cache_store.differences(view.snapshot))
    if shell.as_json:
        answer, steps = ("differs", [_REBUILD]) if wrong else ("agrees", [])
        facts = {"paths": wrong, "next": shell.typed(steps)}
        shell.show(answer, 1 if wrong else 0, feed=feed_json(view.basis), **facts)
    elif wrong:
        names = ", ".join(path or "the feed as a whole" for path in wrong)
        click.echo(f"the memo differs: {names}; run `fleetfeed index rebuild`")
    else:
        click.echo(f"the memo agrees with the feed; {view.age}")
    return 1 if wrong else 0


@index.command()
@json_flag
@on_feed_ref(_NO_MEMO)
def rebuild(shell: Shell) -> None:
    """Make the memo anew from the feed, with a process for each core.

    \b
    Examples:
      fleetfeed index rebuild
    """
    view = newest_view(shell.repo, offline=True)
    try:
        made = shell.repo.cache_store.rebuilt(view.snapshot.tree)
    except OSError as error:
        message = f"the memo cannot be written ({error.strerror})"
        raise CannotTell(f"{message}; answers stay right, and take longer") from error
    # HEAD may have drafts that are nowhere else, and the next commit is judged from it.
    with suppress(CannotTell):
        shell.repo.cache.summary(shell.repo.at_head.tree, lasting=True)
    items = sum(map(len, made.taken.values()))
    active, held = len(made.open), len(made.holds)
    if shell.as_json:
        known = {"item_count": items, "open_count": active, "held_count": held}
        shell.show("rebuilt", feed=feed_json(view.basis), **known)
    else:
        click.echo(f"{items} items, {active} open, {held} surfaces held; {view.age}")
