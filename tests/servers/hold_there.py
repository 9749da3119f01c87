"""A `hold` under way on a real server, whose command only waits."""

import json
import shlex
import subprocess

from harness import command
from hold.held import alive, wait_for
from servers.fleet_there import new


class Hold:
    """`fleetfeed hold` of a new item on `CAMBER:job:surface`; `item` is its id."""

    def __init__(self, seat, surface, folder, *flags):
        begun = folder / surface
        script = (
            f'echo "$FLEETFEED_ITEM $$" > {shlex.quote(str(begun))}; exec sleep 600'
        )
        self.trace = folder / f"{surface}.trace"
        self.process = subprocess.Popen(
            command("hold", *new(surface, *flags), "--", "sh", "-c", script),
            cwd=seat.folder,
            env={**seat.environment, "GIT_TRACE2_EVENT": str(self.trace)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_for(lambda: begun.exists() and begun.read_text(), self.process)
        self.item, pid = begun.read_text().split()
        self._pid = int(pid)

    def ended(self):
        """The exit code, and what was said; the command is not at work any more."""
        said = self.process.communicate()[0]
        wait_for(lambda: not alive(self._pid))
        return self.process.returncode, said

    def calls(self):
        """The git commands that it has started, those that git starts left out."""
        events = map(json.loads, self.trace.read_text().splitlines())
        starts = (e for e in events if e["event"] == "start" and "/" not in e["sid"])
        return [shlex.join(start["argv"]) for start in starts]

    def close(self):
        self.process.kill()  # A stopped process, too, ends by this.
        self.process.wait()
        self.process.stdout.close()
