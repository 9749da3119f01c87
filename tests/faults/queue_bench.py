"""Seats that push to a queue by plain git, while something goes wrong with who lands it.

What each was told is held against the feed, read with plain git: a yes names a commit
that is in the feed's line and brought the post; after a no the post is not there; and
where neither was said, the same push once more brings it there once.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from faults.gate import Gate
from harness import Fleet, Server, claim, clean, path

FOR_FEED = "refs/for/feed"
LIMIT = 60.0
"""Seconds in which each push has to end, on whatever machine."""

_LANDED = re.compile(r"fleetfeed: landed as ([0-9a-f]+) on refs/heads/main")
_NO = ("(refused by the queue)", "(the queue cannot tell)")
_NEITHER = ("is not known", "proc-receive", "hung up unexpectedly")
_AWAY = "(the queue does not work here)"

_WRAPPER = """\
#!/bin/sh
here={here} real={real}
case $(tr '\\0' ' ' </proc/$PPID/cmdline) in
*"fleetfeed hook queue "*) ;;
*) exec "$real" "$@" ;;
esac
echo "$1" >>"$here/log"
call=$(wc -l <"$here/log") of_its_kind=$(grep -c "^$1$" "$here/log")
for step in "call.$((call))" "$1.$of_its_kind" "$1.each"; do
    if [ -f "$here/$step" ]; then . "$here/$step"; fi
done
exec "$real" "$@"
"""


class LeadersGit:
    """A git that goes wrong at a chosen call of the queue's leader.

    git puts the folder of its programs first on the PATH of its hooks: this is one.
    """

    def __init__(self, folder: Path) -> None:
        """A copy of git's own folder, with another `git` in it."""
        self.folder, self._steps = folder / "programs", folder / "steps"
        self.folder.mkdir(parents=True)
        self._steps.mkdir()
        real = Path(_line("git", "--exec-path"))
        for program in real.iterdir():
            (self.folder / program.name).symlink_to(program)
        git = self.folder / "git"
        git.unlink()
        git.write_text(_WRAPPER.format(here=self._steps, real=_line("which", "git")))
        git.chmod(0o755)

    def on(self, call: str, shell: str) -> None:
        """Play `shell` when a call begins: `call.3`, `update-ref.1`, `update-ref.each`.

        It sees git's arguments as "$@" and the real git as $real; unless it ends with
        `exit`, the real git goes on.
        """
        (self._steps / call).write_text(f"{shell}\n")

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        for step in self._steps.glob("*.*"):
            step.unlink()

    @property
    def calls(self) -> list[str]:
        """What was called so far, in order."""
        log = self._steps / "log"
        return log.read_text().split() if log.exists() else []


def _line(*args: str) -> str:
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout[:-1]


@dataclass
class Push:
    """A push under way, of the commit that brings `post`."""

    process: subprocess.Popen[str]
    commit: str
    post: str
    said: str = ""

    def end(self) -> "Push":
        """Wait for it; no push may take for ever."""
        self.said = self.process.communicate(timeout=LIMIT)[1]
        return self

    @property
    def landed(self) -> str:
        """The commit as which it landed, by what it was told; empty where by nothing."""
        found = _LANDED.search(self.said)
        return found[1] if found and not self.process.returncode else ""

    @property
    def refused(self) -> bool:
        """Whether it was told that nothing has landed."""
        return self.process.returncode != 0 and any(each in self.said for each in _NO)

    @property
    def away(self) -> bool:
        """Whether it was told that there is no queue: nothing has landed, either."""
        return self.process.returncode != 0 and _AWAY in self.said


class QueueBench:
    """A guarded server with a queue, and commits to be pushed, all built on one tip."""

    def __init__(self, fleet: Fleet, folder: Path, seats: int = 3) -> None:
        """Each of the `seats` has one post, for a surface of its own."""
        self.server, self.folder = fleet.server, folder
        folder.mkdir()
        self.git = LeadersGit(folder / "git")
        self.clone = folder / "clone"
        _line("git", "clone", "-q", str(self.server.folder), str(self.clone))
        self.tip = self.server.tip("refs/heads/main")
        self._begun = len(self.line)
        self.pushes: list[Push] = []
        self._gates: list[Gate] = []
        self.commits = self._made(seats)

    def _made(self, seats: int) -> dict[str, str]:
        """By each commit the path of its post; made by one `git fast-import`."""
        posts = {f"w{n}": path(f"CMB-{n:04d}") for n in range(1, seats + 1)}
        rows = list[str]()
        for n, (branch, where) in enumerate(posts.items(), 1):
            text = claim(
                f"CMB-{n:04d}", f"CAMBER:page:p{n}", seat=f"CAMBER-{n:02d}", op=f"op{n}"
            )
            rows.append(
                f"commit refs/heads/{branch}\ncommitter A <a@b.example> {WHEN} +0000\n"
                f"data 1\nx\nfrom {self.tip}\n"
                f"M 100644 inline {where}\ndata {len(text.encode())}\n{text}\n"
            )
        self._in_clone("fast-import", "--quiet", stdin="".join(rows))
        return {self._in_clone("rev-parse", b): where for b, where in posts.items()}

    def _in_clone(self, *args: str, stdin: str = "") -> str:
        done = subprocess.run(
            ("git", *args),
            cwd=self.clone,
            check=True,
            input=stdin,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()

    # -- before and while

    def start(
        self, commit: str, to: str = FOR_FEED, under: tuple[str, ...] = ()
    ) -> Push:
        """Push a commit, by a process of its own, `under` another program."""
        process = subprocess.Popen(
            (*under, "git", "push", str(self.server.folder), f"{commit}:{to}"),
            cwd=self.clone,
            env=clean(GIT_EXEC_PATH=str(self.git.folder)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pushes.append(Push(process, commit, self.commits[commit]))
        return self.pushes[-1]

    def all(self) -> list[Push]:
        """Push every commit at one moment, and wait for all of them."""
        started = [self.start(commit) for commit in self.commits]
        return [push.end() for push in started]

    def hook(self, name: str, shell: str) -> None:
        """Let the server run `shell` as its hook `name`."""
        hook = self.server.folder / "hooks" / name
        hook.write_text(f"#!/bin/sh\n{shell}\n")
        hook.chmod(0o755)

    def leaders(self) -> list[int]:
        """The processes that lead, or are about to."""
        return list(processes("hook\0queue\0", self.server))

    def followers(self) -> list[int]:
        """The processes that wait in proc-receive."""
        return list(processes("follower.py\0", self.server))

    def gate(self, call: str) -> Gate:
        """Let the leader wait at a call; opened with the bench's end at the latest."""
        self._gates.append(Gate(self.folder / f"gate-{len(self._gates)}"))
        self.git.on(call, self._gates[-1].shell)
        return self._gates[-1]

    def at_gate(self, call: str) -> tuple[Gate, list[Push]]:
        """Push every commit, and wait until the leader is at this call."""
        gate = self.gate(call)
        pushes = [self.start(commit) for commit in self.commits]
        gate.reached()
        return gate, pushes

    def receiving(self) -> list[int]:
        """The server's processes of git that take pushes in."""
        return list(processes("receive-pack\0", self.server))

    def close(self) -> None:
        """Whatever still runs is ended; a test has said so before, if it had to."""
        for gate in self._gates:
            gate.close()
        for push in self.pushes:
            if push.process.poll() is None:
                push.process.kill()
                push.process.communicate()
        for pid in (*self.followers(), *self.leaders()):
            end(pid, signal.SIGCONT)
            end(pid, signal.SIGKILL)

    # -- afterwards

    @property
    def line(self) -> list[str]:
        """The commits of the feed's line, the newest first."""
        return self.server.line("rev-list", "--first-parent", "refs/heads/main").split()

    def has(self, post: str, commit: str = "refs/heads/main") -> bool:
        """Whether a post is in the feed."""
        return self.server.holds(post, commit) is not None

    def check(self, pushes: list[Push]) -> None:
        """What each was told is so; and once more for all, each post is there once."""
        for push in pushes:
            self.is_true(push)
        self.git.clear()  # a batch may have had less calls than there was a plan for
        again = self.all()
        for push in again:
            assert push.landed, push
            self.is_true(push)
        assert len(self.line) == self._begun + len(self.commits)
        self.server.git("fsck", "--strict", "--no-dangling")
        left = {file.name for file in self.server.folder.rglob("*.lock")}
        assert left <= {"queue.lock"}, left

    def is_true(self, push: Push) -> None:
        """What a push was told agrees with the feed."""
        assert "Traceback" not in push.said, push
        if push.landed:
            assert push.landed in self.line, push
            assert self.has(push.post, push.landed), push
            assert not self.has(push.post, f"{push.landed}^"), push
        elif push.refused or push.away:
            assert not self.has(push.post), push
        else:
            assert push.process.returncode, push
            assert push.process.returncode < 0 or any(
                each in push.said for each in _NEITHER
            ), push


WHEN = 1_790_000_000


def processes(words: str, server: Server) -> Iterator[int]:
    """Those with these words in their command line that run in the server's folder."""
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_text() if entry.name.isdigit() else ""
            if words in line and Path.readlink(entry / "cwd") == server.folder:
                yield int(entry.name)
        except OSError:
            continue


def end(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def until(what, seconds: float = 30.0):
    """Wait until `what()` is something; that."""
    limit = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < limit, what
        time.sleep(0.005)
    return found
