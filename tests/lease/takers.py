"""Seats that try to take an item over, and the server's own account of it."""

import sqlite3
from contextlib import closing

from harness.starting import Start

from fleetfeed.lease.stamps import FILE

TAKE = ("--reason", "it is silent", "--timeout", "10m")


class Takers:
    """Seats with a clone each; a try is `fleetfeed claim ITEM --reason …`."""

    def __init__(self, starter, scene, item, crowd):
        self.names = [f"ORA-{number:02d}" for number in range(crowd)]
        self.refused, self.odd = 0, []
        self._seats = {name: scene.seat(name) for name in self.names}
        self._starter, self._args = starter, ("claim", item, *TAKE)

    def win(self, names):
        """Let some try at one moment: who has it now.

        `refused` counts those that the server refused because the holder is alive;
        `odd` is what others were told. Nobody fails otherwise.
        """
        seats = [self._seats[name] for name in names]
        starts = [Start(str(s.folder), s.environment, self._args) for s in seats]
        ended = self._starter.together(starts)
        assert {each.code for each in ended} <= {0, 1}, ended
        said = [each.stderr for each in ended if each.code]
        self.odd += [text for text in said if "FF502" not in text]
        self.refused += sum("FF502" in text for text in said)
        return [name for name, each in zip(names, ended, strict=True) if not each.code]


# /proc/uptime is the boot clock. A line for each ref of each push, when it has come,
# and when it has moved the ref.
_JOURNAL = """\
#!/bin/sh
read now rest < /proc/uptime
while read -r old new ref; do echo "$now $ref $old $new" >> {word}; done
"""


_HOOKS = {"pre-receive.before-fleetfeed": "came", "post-receive": "went"}


class Journal:
    """When pushes came and landed by the server's boot clock, kept by hooks of its own."""

    def __init__(self, server):
        self._server = server
        for name, word in _HOOKS.items():
            hook = server.folder / "hooks" / name
            hook.write_text(_JOURNAL.format(word=word))
            hook.chmod(0o755)

    def landed(self):
        """Of each ref that was moved, when the push had come, when it had landed."""
        came, went = (self._read(word) for word in _HOOKS.values())
        return [
            (max(at for at, each in came if each == what and at <= time), time, what)
            for time, what in went
        ]

    def _read(self, word):
        rows = (self._server.folder / word).read_text().splitlines()
        pairs = (row.split(" ", 1) for row in rows)
        return [(float(time), what) for time, what in pairs]


def stamped(server, item, epoch):
    """When the server let pass what is of an epoch, by its own clock; oldest first."""
    asked = "SELECT at FROM stamp WHERE item=? AND epoch=? ORDER BY at"
    with closing(sqlite3.connect(server.folder / FILE)) as db:
        return [at for (at,) in db.execute(asked, (item, epoch))]
