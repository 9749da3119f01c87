"""A command line whose words are plain, run without click."""

import os
from collections.abc import Sequence

from fleetfeed.cli import call
from fleetfeed.cli.commands import load
from fleetfeed.cli.context import INTERRUPTED, Shell, ended
from fleetfeed.cli.words import Declared
from fleetfeed.git.process import Git

_COMPLETES = "_FLEETFEED_COMPLETE"
"""By which a shell asks click how a command line may go on."""


def run_plain(words: Sequence[str], ahead: Git) -> int | None:
    """Run the command line `words`; its exit code, None where click has to read it.

    `ahead` is a git that was asked already.
    """
    if not words or _COMPLETES in os.environ:
        return None
    try:
        return _run(words, ahead)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: Sequence[str], ahead: Git) -> int | None:
    command = load(words[0])
    read = command.read(words[1:]) if isinstance(command, Declared) else None
    if not isinstance(command, Declared) or read is None:
        return None
    params, as_json = read
    path = f"fleetfeed {words[0]}"
    call.begin(call.Call(path, params, command.flags, as_json))
    shell = Shell(words, ahead)
    return ended(lambda: command.bare(shell, **params), shell)
