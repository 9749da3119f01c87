"""What a command asks git first: started before Python has read the command's code.

Nothing is decided by that: whoever asks finds the answer waiting, and what nobody asks
for ends by itself, or with us.
"""

from collections.abc import Sequence

from fleetfeed.git.hook_process import HookGit
from fleetfeed.git.queries import BATCH, PLACES, SETTINGS

_WITHOUT = {"ca", "completion", "demo", "hook", "init", "join", "mcp", "rule"}
"""Commands that need no repository, make one, or start others."""


def asked_ahead(words: Sequence[str]) -> HookGit:
    """A git that has begun to answer what the command line `words` will ask.

    One that goes elsewhere (`-C`), or shows its help, asks nothing here.
    """
    git, helps = HookGit(), {"-h", "--help"} & {*words}
    here = words and not words[0].startswith("-") and words[0] not in _WITHOUT
    if here and not helps:
        git.ahead(*PLACES)
        git.ahead(*SETTINGS)
        git.ahead(*BATCH, talk=True)
    return git
