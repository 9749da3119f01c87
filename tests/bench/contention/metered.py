"""What a server's own processes take: receiving, sending, and what they leave running.

The way to the server is a forced command, as over SSH, that has the shell say what each
process of git took with all of its children. What those leave running is adopted.
"""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import Address, Server, Transport, clean

from bench.contention.place import WARM, Place
from bench.contention.races import claiming, each_of
from bench.contention.start import Seats, together, turn, won

RECEIVE, UPLOAD = "receive-pack", "upload-pack"

# Its `time` reads what the kernel counted of the children that were waited for. By `-m`
# they are a process group of their own, and so is what they leave running.
_METER = """\
#!/bin/bash
set -m
for asked; do :; done
verb=${{asked%% *}}
verb=${{verb#git-}}
TIMEFORMAT="$verb %R %U %S"
{{ time env -i {environment} ${{GIT_PROTOCOL:+"GIT_PROTOCOL=$GIT_PROTOCOL"}} \\
    git "$verb" {repository} 2>&3; }} 3>&2 2>>{record}
"""


@dataclass(frozen=True, slots=True)
class Served:
    """One process of git at the server: `receive-pack` or `upload-pack`, in seconds."""

    verb: str
    wall: float
    cpu: float

    @classmethod
    def read(cls, row: str) -> "Served":
        """From a row that the shell's `time` wrote."""
        verb, wall, user, system = row.split()
        return cls(verb, float(wall), float(user) + float(system))


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds a post, of a server's processes and of its clients'.

    `pushes` and `fetches` are how often it was asked for each post, whatever for; `run`
    are the claims themselves.
    """

    run: Seats
    receiving: float
    sending: float
    left: float
    clients: float
    pushes: float
    fetches: float

    @property
    def server(self) -> float:
        """All of the server's."""
        return self.receiving + self.sending + self.left


@contextmanager
def _metered(server: Server) -> Iterator[Address]:
    pairs = shlex.join(f"{name}={value}" for name, value in clean().items())
    script = server.folder.parents[1] / "metered"
    text = _METER.format(
        environment=pairs,
        repository=shlex.quote(str(server.folder)),
        record=shlex.quote(str(_record(server.folder.parents[1]))),
    )
    script.write_text(text)
    script.chmod(0o755)
    settings = {"core.sshCommand": shlex.quote(str(script)), "ssh.variant": "ssh"}
    yield Address(f"ssh://git@127.0.0.1/{server.folder.name}", settings)


METERED = Transport("metered", _metered)


def used(place: Place, seats: int, each: int) -> Used:
    """What a post took in a race of `seats` at a place that was made over `METERED`."""
    each = each_of(seats, each)
    with place.fresh(seats + 1) as fresh:
        *racers, first = fresh.seats
        won(((turn(claiming(place, first, f"{WARM}-again")),),))
        forget(place)
        asked = [
            [claiming(place, seat, f"{n}-{k}") for k in range(each)]
            for n, seat in enumerate(racers)
        ]
        run = won(together(asked))
        rows = served(place)
    posts = seats * each
    received, sent = (
        [row.cpu for row in rows if row.verb == verb] for verb in (RECEIVE, UPLOAD)
    )
    receiving, sending = sum(received) / posts, sum(sent) / posts
    pushes, fetches = len(received) / posts, len(sent) / posts
    total = sum(one.sample.cpu for seat in run for one in seat) / posts
    # The server's are children of the clients' git, who left the others behind.
    clients = total - receiving - sending + fresh.orphans.own / posts
    left = fresh.orphans.cpu / posts
    return Used(run, receiving, sending, left, clients, pushes, fetches)


def forget(place: Place) -> None:
    """Begin anew to count what is served at a place that was made over `METERED`."""
    _record(place.live.parent).write_text("")


def served(place: Place) -> list[Served]:
    """What has been served there since."""
    rows = _record(place.live.parent).read_text("ascii").splitlines()
    return [Served.read(row) for row in rows]


def _record(folder: Path) -> Path:
    return folder / "metered.txt"
