"""One seat that writes while something goes wrong, and what must be true afterwards."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from faults.gate import Gate
from faults.wrapped import WrappedGit
from harness import FREE, Scene, Seat, command

OP = "one-command"
LAUNCHER = Path(__file__).with_name("launcher.py")
FILED = ("--surface", FREE, "--proof", "nobody else is on it", "--subject", "work")

COMMANDS = {
    "claim": ("claim", "--new", "CMB", *FILED),
    "reserve": ("reserve", "CMB", *FILED),
    "append": ("append", "CMB-0002", "--state", "BLOCKED", "--reason", "no access"),
    "note": ("note", "CMB-0001", "--body", "the vendor answered"),
    "park-and-claim": ("claim", "--new", "CMB", *FILED, "--park", "CMB-0002"),
}
"""Commands that write, by name; all but the last write one post."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended: its exit code (negative: by that signal), and what it said."""

    code: int
    out: str
    err: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Process:
    """A process that another one has started."""

    pid: int

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)


@dataclass
class Run:
    """A run under way, in a session of its own."""

    process: subprocess.Popen
    folder: Path
    started: float = field(default_factory=time.monotonic)

    def end(self) -> Ran:
        """Wait for the command, and then for whatever it left running."""
        code = self.process.wait(60)
        seconds = time.monotonic() - self.started
        texts = [(self.folder / name).read_text() for name in ("out", "err")]
        return Ran(code, *texts, seconds)

    def kill(self, number=signal.SIGKILL) -> None:
        """Send the command itself a signal."""
        self.process.send_signal(number)

    def alone(self) -> None:
        """Wait until nothing runs that the command has started."""
        limit = time.monotonic() + 20
        while left := self.left:
            assert time.monotonic() < limit, left
            time.sleep(0.02)

    @property
    def left(self) -> list[str]:
        """What still runs in the command's session: `pid command line`."""
        return list(in_session(self.process.pid))


def in_session(leader: int):
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, _, _, session = (
                (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            )
            line = (entry / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
        if int(session) == leader and state != "Z":
            yield f"{entry.name} {line}"


class Bench:
    """The scene's seat `me`, about to run `command` under the id `OP`."""

    def __init__(self, scene: Scene, folder: Path, name: str = "claim"):
        self.scene, self.folder = scene, folder
        self.me, self.server = scene.me, scene.server
        self.command = (*COMMANDS[name], "--op", OP)
        self.posts = 2 if name == "park-and-claim" else 1
        folder.mkdir()
        # What a server that could not write leaves behind is git's (2.39), not ours.
        self.server_is_tidy = True
        self.git = WrappedGit.make(folder / "bin", os.environ["PATH"])
        self._gates, self._runs = [], []
        self.meet()
        self._litter = set(self._unfinished())

    def meet(self) -> None:
        """Ask the server its name, as a seat's first command does: faults come later."""
        self.me.fleetfeed("active", "--surface-claim", "CAMBER:page:elsewhere")

    # -- before and while

    def gate(self) -> Gate:
        """A new place to wait at; opened with the bench's end at the latest."""
        gate = Gate(self.folder / f"gate-{len(self._gates)}")
        self._gates.append(gate)
        return gate

    def hook(self, name: str, shell: str) -> None:
        """Let the server run `shell` as its hook `name`, before the one it has."""
        hook = self.server.folder / "hooks" / name
        kept = hook.with_name(f"{name}.kept")
        if hook.exists():
            hook.rename(kept)
        hook.write_text(f'#!/bin/sh\n{shell}\n[ ! -x {kept} ] || exec {kept} "$@"\n')
        hook.chmod(0o755)

    def unhook(self, name: str) -> None:
        """Take a hook of the test out again."""
        hook = self.server.folder / "hooks" / name
        hook.unlink()
        kept = hook.with_name(f"{name}.kept")
        if kept.exists():
            kept.rename(hook)

    def start(self, *more: str, step: str = "", env=None, under=(), **how):
        """Start the command, `under` another one; `how` goes to Popen.

        With `step` it runs under the launcher, which goes wrong there.
        """
        args = command(*self.command, *more)
        if step:
            args = (sys.executable, "-P", str(LAUNCHER), step, *args[4:])
        folder = self.folder / f"run-{len(self._runs)}"
        folder.mkdir()
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                (*under, *args),
                cwd=self.me.folder,
                env={**self.me.environment, "PATH": self.git.path, **(env or {})},
                stdin=subprocess.DEVNULL,
                **{"stdout": out, "stderr": err, **how},
                start_new_session=True,
            )
        self._runs.append(Run(process, folder))
        return self._runs[-1]

    def run(self, *more: str, **how) -> Ran:
        """The command, from start to end."""
        return self.start(*more, **how).end()

    def close(self) -> None:
        for gate in self._gates:
            gate.close()
        for run in self._runs:
            for row in run.left:
                os.kill(int(row.split()[0]), signal.SIGKILL)
            run.process.wait()

    def pushing(self):
        """The newest `git push`, to be killed."""
        return Process(self.git.pid("push"))

    # -- afterwards

    def landed(self) -> int:
        """How many posts on the server's feed carry the op."""
        found = self.server.git(
            "grep", "-l", f"^OP: {OP}$", "main", "--", "feed", ok=None
        )
        return len(found.stdout.splitlines())

    def alone(self) -> None:
        """Wait until nothing runs any more that a run has started."""
        for run in self._runs:
            run.alone()

    def ended(self, pid: int) -> None:
        """Wait until a process of the server has ended."""
        limit = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < limit, pid
            time.sleep(0.02)

    def check(self, ran: Ran) -> None:
        """All that must be true after `ran`, and once more after the same command."""
        self.alone()
        self.is_true(ran)
        self.is_whole()
        before = self.landed()
        now = self.run(env={"PATH": os.environ["PATH"]})
        self.alone()
        assert (now.code, self.landed()) == (0, self.posts), now
        assert ("an earlier run of this command wrote it" in now.err) == bool(before)
        if ran.code == 0:
            assert now.out == ran.out
        self.is_sound()

    def is_true(self, ran: Ran) -> None:
        """What a run said was so, and is so: for ever, as nothing runs any more."""
        landed = self.landed()
        assert landed in {0, self.posts}, ran
        assert "this is a bug" not in ran.err, ran
        assert "Traceback" not in ran.err, ran
        assert ran.code in {0, 1, 3, 130} or ran.code < 0, ran
        if ran.code == 0:
            assert landed, ran
        if ran.code == 1:
            assert not landed, ran
        if "nothing was written: " in ran.err:
            assert not landed, ran
        if ran.code in {3, 130} and landed:
            assert f"--op {OP}" in ran.err, ran
        if ran.code >= 0 and ran.code != 130:
            assert ran.err.strip() or ran.code == 0, ran

    def is_whole(self) -> None:
        """The feed is sound, nothing of ours lies about, and the seat can ask."""
        self.server.git("fsck", "--strict", "--no-dangling")
        litter = set(self._unfinished()) - self._litter
        assert not litter, litter
        shown = self.me.fleetfeed("show", "CMB-0002")
        assert shown.stdout.startswith("item=CMB-0002"), shown

    def is_sound(self) -> None:
        """The whole history of the feed is, for a clone that was not there."""
        fresh = Seat.clone(self.server, self.folder / "fresh", install=False)
        fresh.fleetfeed("audit")

    def _unfinished(self):
        """Locks and temporary files, in the clone and on the server."""
        marks = (".lock", "tmp_", "incoming-", ".tmp")
        servers = (self.server.folder,) if self.server_is_tidy else ()
        for top in (self.me.folder, *servers):
            for path in top.rglob("*"):
                lasts = path.name == "queue.lock"  # a leader holds it, and leaves it
                if path.name.startswith(marks) or path.name.endswith(marks):
                    yield from () if lasts else (path,)
