"""What the board costs: the page written, and a push told to browsers that follow.

A push is a commit that is put on the server; it is told when the last browser has the
event with its item. What the server is asked is counted in git's own trace.
"""

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness import claim, command, path
from harness.progress import tell

from bench import hardware
from bench.feeds import FEED_REF, write_commits
from bench.goals import Goal
from bench.goals import table as goals_table
from bench.redrawn import redrawn
from bench.report import Report
from bench.scale import places
from bench.scale.cache import Cache
from bench.scale.memo import Memo
from bench.scale.sizes import Size
from bench.spread import Spread
from bench.subjects import in_seat
from bench.tables import Row, Table
from bench.timing import timed
from bench.world import World

PAGE = "board.md"
PARTS = ("board",)
COLUMNS = (
    "written (s)",
    "its processor (s)",
    "the file (MB)",
    "told (s)",
    "looks a second",
)
_LONGEST = 120.0
"""Seconds after which a browser has not been told."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Feeds of so many `posts` and of `held` open items, looked at by `browsers`.

    `sealed`: the largest once more, with what is closed sealed.
    """

    posts: tuple[int, ...]
    held: int
    sealed: bool
    browsers: tuple[int, ...]
    rounds: int
    cache: Path

    @property
    def sizes(self) -> list[Size]:
        """The feeds."""
        found = [Size(posts, self.held) for posts in self.posts]
        return [*found, replace(found[-1], sealed=True)] if self.sealed else found


def run(folder: Path, plan: Plan) -> Report:
    """Measure as `plan` says, in repositories below `folder`."""
    before, rows, goals = hardware.load(), list[Row](), list[Goal]()
    values = dict[str, object]()
    for number, size in enumerate(plan.sizes):
        tell(f"a server and a clone: {size.words}")
        world = places.make(
            folder / f"{number}", Cache(plan.cache, tell).base(size), size
        )
        Memo.make(world.seat)
        written, cpu, length = _written(world, folder / f"{number}.html", plan.rounds)
        goals += [
            Goal(f"the page written, {size.words} (s)", 1, Spread.of(written)),
            Goal(f"the page, {size.words} (MB)", 1.5, Spread.of([length])),
        ]
        drawn = redrawn(world, plan.rounds)
        goals += [
            Goal(f"redrawn, {on}, {size.words} (ms, the longest)", 100, Spread.of(most))
            for on, most in (
                (f"{x} x {y}", [max(all_)]) for (x, y), all_ in drawn.items()
            )
        ]
        for browsers in plan.browsers:
            tell(f"pushes told to {browsers}, {size.words}")
            told, looks = _followed(world, browsers, plan.rounds)
            label = f"{size.words}, {browsers} following"
            page = (Spread.of(written), Spread.of(cpu), length)
            rows.append((label, (*page, Spread.of(told), round(looks, 2))))
            values[label] = {
                "written": written,
                "processor": cpu,
                "told": told,
                "looks": looks,
            }
            goals += [
                Goal(
                    f"a push told, {label} (s, the longest)", 2, Spread.of([max(told)])
                ),
                Goal(f"looks a second, {label}", 1, Spread.of([looks])),
            ]
    tell("")
    facts = {
        **hardware.described(),
        **hardware.loads(before),
        "figures": hardware.LEGEND.format(rounds=plan.rounds),
    }
    told_table = Table("What the board costs", COLUMNS, tuple(rows), "", 1.0)
    return Report(PAGE, facts, (goals_table(goals), told_table), values)


def _written(
    world: World, file: Path, rounds: int
) -> tuple[list[float], list[float], float]:
    """Seconds of `board --html`, warm, those of a processor, and the file's megabytes."""
    write = in_seat(world, *command("board", "--html", str(file)))
    timed(write)
    ran = [timed(write)[0] for _ in range(rounds)]
    length = file.stat().st_size / 1e6
    return [each.wall for each in ran], [each.cpu for each in ran], length


def _followed(world: World, browsers: int, rounds: int) -> tuple[list[float], float]:
    """Seconds from each push to the last browser, and looks a second meanwhile."""
    trace = world.folder / f"trace-{browsers}"
    with _served(world, trace) as port, ExitStack() as all_:
        there = [all_.enter_context(closing(Browser(port))) for _ in range(browsers)]
        for each in there:
            each.ready.wait(_LONGEST)
        told, before = list[float](), len(_looks(trace))
        for number in range(rounds):
            # At another moment of the second each time.
            time.sleep(1.5 + number / rounds)
            item = world.shape.next_item(next(world.numbers))
            post = claim(item, f"CAMBER:bench:{item}", seat="CAMBER-03", subject="new")
            tip = world.server.tip(FEED_REF)
            write_commits(world.server, [[(path(item), post)]], onto=tip)
            pushed = time.monotonic()
            told += [max(each.told(item) for each in there) - pushed]
        looks = _looks(trace)[before:]
        return told, (len(looks) - 1) / (looks[-1] - looks[0])


@contextmanager
def _served(world: World, trace: Path) -> Iterator[int]:
    """The port of a live page, which git says beside what it asks."""
    process = subprocess.Popen(
        command("board", "--serve", "--port", "0"),
        cwd=world.seat.folder,
        env={**world.seat.environment, "GIT_TRACE2_EVENT": str(trace)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        said = process.stdout.readline()
        yield int(said.partition(" (")[0].rstrip("/").rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_LONGEST)
        process.stdout.close()


def _looks(trace: Path) -> list[float]:
    """When a server was asked what a ref is at, in seconds of UTC."""
    lines = (json.loads(line) for line in trace.read_text().splitlines())
    asked = (line for line in lines if line.get("name") == "upload-pack")
    return [datetime.fromisoformat(line["time"]).timestamp() for line in asked]


class Browser:
    """What follows, as far as a server notices: it reads all that it is told."""

    def __init__(self, port: int) -> None:
        """It follows from now on; `ready` when it has the first board."""
        self.ready, self._news = threading.Event(), threading.Condition()
        self._told = dict[bytes, float]()
        self._made = socket.create_connection(("127.0.0.1", port))
        self._made.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        threading.Thread(target=self._read, daemon=True).start()

    def told(self, item: str) -> float:
        """When it was told of an item; RuntimeError where it never was."""
        name = f'"rows":{{"{item}"'.encode()
        with self._news:
            if not self._news.wait_for(lambda: name in self._told, _LONGEST):
                raise RuntimeError(f"nobody was told of {item}")
            return self._told[name]

    def close(self) -> None:
        """It goes."""
        self._made.shutdown(socket.SHUT_RDWR)
        self._made.close()

    def _read(self) -> None:
        with self._made.makefile("rb") as lines:
            for line in lines:
                at, found = time.monotonic(), line.find(b'"rows":{"')
                if not line.startswith(b"data: ") or found < 0:
                    continue
                with self._news:
                    end = line.index(b'"', found + 9) + 1
                    self._told.setdefault(line[found:end], at)
                    self._news.notify_all()
                self.ready.set()
