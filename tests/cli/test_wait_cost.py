"""What waiting costs: what the server is asked, and what git is started here.

The server is a real one, which git reaches over the network, and which writes down what
it is asked, packet by packet. Nothing is said of how long anything takes: with pauses
that grow there can be only so many looks in a time, however quick the machine.
"""

import json
import re
import time
from collections import Counter
from itertools import accumulate

import pytest
from cli.test_wait import KEY, WAITS, item, seats, start, until
from harness.environment import clean
from harness.fleet import Server
from harness.transport import GIT_DAEMON

from fleetfeed.writing.looks import LONG_PAUSE, PAUSES

__all__ = ["seats", "start"]

FEED = "refs/heads/main"


def most_looks(seconds):
    """How many looks there can be in so many seconds, the first one left out."""
    ends = list(accumulate(PAUSES))
    if seconds < ends[-1]:
        return sum(end <= seconds for end in ends)
    return len(ends) + int((seconds - ends[-1]) / LONG_PAUSE)


class Asked:
    """What a server was asked, as git's packet trace tells it, and what gits there were."""

    def __init__(self, folder):
        self.packets, self.gits = folder / "packets", folder / "gits"

    @property
    def connections(self):
        """Each connection: its packets, both ways."""
        rows = self.packets.read_text().splitlines() if self.packets.exists() else []
        found, last = [], ""
        for row in rows:
            told = re.search(r"packet: +(upload-pack|receive-pack)([<>]) (.*)", row)
            if not told:
                continue
            who, way, text = told.groups()
            # A push begins with all refs, and has no line that says so.
            if text == "version 2" or (who == "receive-pack" != last):
                found.append((who, []))
            last = who
            found[-1][1].append((way, text))
        return found

    def looks(self):
        """What each connection of a reader asked for, and the refs that it was told."""
        for who, packets in self.connections:
            if who == "upload-pack":
                prefixes = {
                    text.split()[1]
                    for way, text in packets
                    if way == "<" and text.startswith("ref-prefix")
                }
                told = {
                    text.split()[1]
                    for way, text in packets
                    if way == ">" and re.match(r"[0-9a-f]{40} \S", text)
                }
                fetches = ("<", "command=fetch") in packets
                yield prefixes, told, fetches

    def pushes(self):
        return sum(who == "receive-pack" for who, _ in self.connections)

    def verbs(self):
        """The gits that fleetfeed has started, those that git did left out."""
        events = map(json.loads, self.gits.read_text().splitlines())
        starts = (e for e in events if e["event"] == "start" and "/" not in e["sid"])
        words = ([w for w in start["argv"][1:] if w[0] != "-"] for start in starts)
        return Counter(next(w for w in each if "=" not in w) for each in words)


@pytest.fixture
def watched(fleet, tmp_path):
    """Lets a seat ask a server that writes down what it is asked."""
    with pytest.MonkeyPatch.context() as patch:
        opened = []

        def of(seat):
            asked = Asked(tmp_path / seat.folder.name)
            asked.packets.parent.mkdir()
            told = clean(GIT_TRACE_PACKET=str(asked.packets))
            way = GIT_DAEMON.open(Server(fleet.server.folder, told))
            way.__enter__().join(seat)
            opened.append(way)
            patch.setitem(seat.environment, "GIT_TRACE2_EVENT", str(asked.gits))
            return asked

        yield of
        for way in opened:
            way.__exit__(None, None, None)


@pytest.mark.timeout(1200)
def test_while_nothing_moves_a_look_asks_for_one_ref(seats, start, watched, stress):
    six, seven, eight, _ = seats
    for number in range(5):
        six.git(
            "push", "-q", "--no-verify", "origin", f"HEAD:refs/heads/other-{number}"
        )
    seconds = 600 if stress else 6
    asked = watched(seven), watched(eight)
    only, line = start(seven, "wait", KEY), start(eight, *WAITS)
    until(six, "CMB-0002", turn=1)
    # Both have come in: what is asked from here on is asked by who waits.
    time.sleep(2)
    begun = [len(list(each.looks())) for each in asked]
    pushes = [each.pushes() for each in asked]
    time.sleep(seconds)
    for each, first, pushed in zip(asked, begun, pushes, strict=True):
        looks = list(each.looks())[first:]
        print(each.packets.parent.name, first, len(looks), pushed, dict(each.verbs()))
        assert 0 < len(looks) <= most_looks(seconds) + 1
        for prefixes, told, fetches in looks:
            assert FEED in prefixes
            assert (told, fetches) == ({FEED}, False)
        assert each.pushes() == pushed
    assert (only.child.poll(), line.child.poll()) == (None, None)
    six.fleetfeed("done", "CMB-0001")
    assert "item=CMB-0002 state=IN_PROGRESS" in line.ended()
    assert item(six, "CMB-0002")["turn"] is None


@pytest.mark.large
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", [0.0, 40.0])
def test_how_soon_it_ends(seats, start, first):
    """Printed, and not judged: how long after the release the waiting is over."""
    six, seven, *_ = seats
    took, item = [], "CMB-0001"
    for number in range(10):
        one = start(seven, *WAITS)
        mine = f"CMB-{number + 2:04d}"
        until(six, mine, turn=1)
        time.sleep(first + number / 2)
        six.fleetfeed("done", item)
        done = time.monotonic()
        one.ended()
        took.append(time.monotonic() - done)
        item = mine
        six, seven = seven, six
    took.sort()
    print(f"after {first} s: {took[4]:.1f} s in the middle, {took[-1]:.1f} s at most")
