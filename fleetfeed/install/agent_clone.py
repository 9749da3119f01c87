"""What a clone of an agent's own needs that a person would have typed: who it is."""

import secrets
import socket
from collections.abc import Iterator

from fleetfeed.git.process import Git
from fleetfeed.install.report import InstallStep
from fleetfeed.install.seat import set_here
from fleetfeed.model.names import seat_meant

_UNKNOWN = 128
"""How `git var` ends where git does not know who commits."""


def own_name(kind: str) -> str:
    """A name for a seat that nobody has named: what it is, where, and which.

    The last letters are by chance: a machine may have many.
    """
    where = socket.gethostname().partition(".")[0][:20]
    return seat_meant(f"{kind}-{where}-{secrets.token_hex(2)}")


def name_committer(git: Git, seat: str) -> Iterator[InstallStep]:
    """Have git say, where it knows nobody, that it is `seat` who commits here."""
    if not seat:
        return
    asked = git.run("var", "GIT_COMMITTER_IDENT", accept=(0, _UNKNOWN))
    if asked.returncode:
        address = f"{seat.replace('/', '.')}@{socket.gethostname()}"
        for key, value in (("user.name", seat), ("user.email", address)):
            set_here(git, key, value)
            yield InstallStep("set", key, value)
