"""Errors, and Ctrl-C, as the answer of a command: a sentence, or a document.

With a document nothing is said on standard error: it has the sentence, too.
"""

import os
import shlex
import time
from collections.abc import Callable, Iterable

from fleetfeed.cli.call import current
from fleetfeed.cli.context import INTERRUPTED, Interrupted, Shell, echo_json
from fleetfeed.cli.streams import echo
from fleetfeed.model.errors import FleetfeedError, Unknown, Usage
from fleetfeed.report.envelope import envelope
from fleetfeed.report.failures import failure_json
from fleetfeed.report.text import failure_text
from fleetfeed.writing.next_steps import steps_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    import click

    from fleetfeed.report.documents import Json


def report(error: FleetfeedError, shell: object) -> int:
    """Print what went wrong; the exit code."""
    if isinstance(shell, Shell) and shell.as_json:
        try:
            said = _document(error, shell)
        except FleetfeedError:
            # The feed cannot be read any more. What it has said is so without the rest.
            error.question = None
            said = _document(error, shell)
        if _printed(lambda: echo_json(said), 1):
            return error.exit_code
    _printed(lambda: echo(failure_text(error), err=True), 2)
    return error.exit_code


def _document(error: FleetfeedError, shell: Shell) -> "Json":
    steps = [*shell.typed(steps_after(error)), *_by_the_command(error, shell)]
    return failure_json(error, time.time(), next=steps, remarks=shell.remarks)


def _by_the_command(error: FleetfeedError, shell: Shell) -> list[str]:
    """What the command itself can do about it."""
    if isinstance(error, Unknown):
        return [again(shell.words, error.op)]
    call = current()
    return [f"{call.path} --help"] if call and isinstance(error, Usage) else []


def interrupted(error: KeyboardInterrupt, shell: object) -> int:
    """Say that it was Ctrl-C, and how to find out what became of a write."""
    op = error.op if isinstance(error, Interrupted) else None
    message = str(error) or "interrupted"
    if isinstance(shell, Shell) and shell.as_json:
        todo = [again(shell.words, op)] if op else []
        said = envelope(
            "interrupted",
            INTERRUPTED,
            message=message,
            remarks=shell.remarks,
            op=op,
            next=todo,
        )
        _printed(lambda: echo_json(said), 1)
    elif op:
        echo(f"\nfleetfeed: {message}", err=True)
    return INTERRUPTED


def again(words: Iterable[str], op: str) -> str:
    """The command line `words` once more, to find its own post by `op`."""
    typed = list(words)
    if op not in typed and f"--op={op}" not in typed:
        at = typed.index("--") if "--" in typed else len(typed)
        typed[at:at] = ["--op", op]  # behind `--` stands no option
    return shlex.join(["fleetfeed", *typed])


def usage(error: "click.ClickException", meant: str) -> int:
    """The document of a command line that cannot be parsed; the exit code.

    `meant` is the command that a mistyped one was meant to be, empty otherwise.
    """
    context = getattr(error, "ctx", None)  # of a UsageError
    path = context.command_path if context else "fleetfeed"
    message, todo = error.format_message(), " ".join(filter(None, (path, meant)))
    steps = [f"{todo} --help"]
    said = envelope(Usage.answer, error.exit_code, message=message, next=steps)
    _printed(lambda: echo_json(said), 1)
    return error.exit_code


def _printed(echo: Callable[[], None], stream: int) -> bool:
    """Whether it was printed; on a full disk the exit code still tells."""
    try:
        echo()
    except BrokenPipeError:
        raise
    except OSError:
        # Python would try once more at its end, and exit with a code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        return False
    return True
