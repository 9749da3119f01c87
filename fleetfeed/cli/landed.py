"""The answer of a command whose posts are on the feed.

What only an answer needs is imported by this module, which a writer imports while its
posts are on their way: it waits for them, and not for Python.
"""

from collections.abc import Callable

from fleetfeed.cli.context import Shell
from fleetfeed.cli.dependencies import not_there, ready_for
from fleetfeed.cli.output import Answer, Asked, More, won
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.contract import Ok
from fleetfeed.util.records import replace


def be_ready(shell: Shell) -> None:
    """Import what the answer will need."""
    if shell.as_json:
        import fleetfeed.lease.estimate
        import fleetfeed.report.envelope
        import fleetfeed.writing.next_steps  # noqa: F401 - that it is there


def answer_to(
    shell: Shell, asked: Asked, ok: Ok, more: Callable[[Snapshot], More] | None
) -> Answer:
    """What is told of `ok`; `more` is what the command itself has to say."""
    known = more(ok.feed) if more else More()
    lines = (*known.lines, *not_there(ok.feed, ok.posts))
    told = ready_for(ok.feed, asked.request.seat, replace(known, lines=lines))
    return won(shell, ok, asked, told)
