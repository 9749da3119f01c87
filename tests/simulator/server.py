"""The server: refs, a hook before each push, a queue behind the hook, and its stamps.

Judged is by what ships: `hooks.main.receive`, `queue.landing`, `queue.follower.led`, and
all that these call. What git does around them is played here: it takes pushes, compares
and sets, and tells what became of it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from fleetfeed.git.spawned import Done
from fleetfeed.hooks import main as hooks
from fleetfeed.model.errors import CANNOT_TELL, FleetfeedError
from fleetfeed.model.server import QUEUE_REF, SERVER_REF, Announcement
from fleetfeed.queue import follower
from fleetfeed.report.text import sentence, text_report
from simulator.fake_git import FakeGit
from simulator.network import Push
from simulator.object_store import Store
from simulator.queue_door import Door
from simulator.scheduler import Machine, Process, Scheduler
from simulator.truth import Truth

FEED = "refs/heads/main"
NAME = "srv-hub"
_NOBODY = "0" * 40
_STAMPS = "fleetfeed/stamps.sqlite"


class ServerGit(FakeGit):
    """The server's git: the world is told of each move of the feed."""

    truth: Truth

    def move(self, ref: str, new: str) -> None:
        """See FakeGit."""
        old = self.refs.get(ref)
        super().move(ref, new)
        if ref == FEED:
            self.truth.moved(old, new)


class Server:
    """One server of one feed; `queue` says whether it has a queue.

    Its leader takes `window` seconds, on average, until it has read what is queued.
    """

    def __init__(
        self,
        world: Scheduler,
        store: Store,
        folder: Path,
        machine: Machine,
        truth: Truth,
        *,
        queue: bool,
        window: float,
    ) -> None:
        self.window = window
        self.world, self.store, self.machine = world, store, machine
        self.folder, self.truth, self.refs = folder, truth, dict[str, str]()
        self.settings = {
            "fleetfeed.ref": FEED,
            "fleetfeed.server": NAME,
            "user.name": "hub",
        }
        if queue:
            self.settings["receive.procreceiverefs"] = QUEUE_REF
        said = Announcement(NAME, "feed", FEED, stamps=True, queue=QUEUE_REF * queue)
        self.refs[SERVER_REF] = store.put("blob", said.data)
        self.up, self._processes = True, list[Process]()
        self.door = Door(self)
        self._has_booted()

    def git(self) -> FakeGit:
        """A git for one process of the server."""
        made = ServerGit(
            self.world, self.store, self.refs, self.settings, str(self.folder)
        )
        made.truth = self.truth
        return made

    # What happens to it.

    def reboot(self, seconds: float) -> None:
        """Everything here ends, and is away for so long; the clock begins anew."""
        self.up = False
        self.door.ends()
        processes, self._processes = self._processes, []
        for process in processes:
            process.kill()
        self.world.at(seconds, self._is_back)

    def _is_back(self) -> None:
        self.machine.reboot()
        self._has_booted()
        self.up = True

    def _has_booted(self) -> None:
        Path(self.folder, "boot_id").write_text(self.machine.boot_id, "ascii")

    def lose_stamps(self, *, damaged: bool) -> None:
        """The file of stamps is gone, or is no database any more."""
        file = Path(self.folder, _STAMPS)
        if damaged and file.exists():
            file.write_bytes(b"this is no database, and never was " * 40)
        else:
            file.unlink(missing_ok=True)

    # What it is asked for.

    def serve(
        self, request: Push | Callable[[Mapping[str, str]], object],
        answered: Callable[[object], None],
    ) -> None:  # fmt: skip
        """Answer a request, in a process of its own."""
        if not self.up:
            return
        if not isinstance(request, Push):
            if self.machine.paused_since is None:
                answered(request(self.refs))
            else:
                self.machine.held_back.append(lambda: self.serve(request, answered))
            return
        self.start(lambda: answered(self.pushed(request)), "receive-pack")

    def start(self, run: Callable[[], object], name: str) -> Process:
        """A process of the server's."""
        self._processes = [each for each in self._processes if not each.over]
        made = Process(self.world, self.machine, run, name)
        self._processes.append(made)
        return made

    def _takes(self, seconds: float) -> None:
        self.world.sleep(self.world.dice.expovariate(1.0 / seconds))

    def pushed(self, push: Push) -> Done:
        """What git tells of a push, when it has done what it will."""
        known = {ref: self.refs.get(ref) for ref, _, _ in push.moves}
        rows = dict[str, str]()
        for ref, new, _ in push.moves:
            lease = push.leases.get(ref)
            if lease is not None and (known[ref] or "") != lease:
                rows[ref] = f"!\t{new}:{ref}\t[rejected] (stale info)"
            elif not new and known[ref] is None:
                rows[ref] = f"!\t:{ref}\t[remote rejected] (remote ref does not exist)"
            elif known[ref] == (new or None):
                rows[ref] = f"=\t{new}:{ref}\t[up to date]"
        moves = [each for each in push.moves if each[0] not in rows]
        words = ""
        if moves:
            self._takes(0.02)
            if moves[0][0] == QUEUE_REF and "receive.procreceiverefs" in self.settings:
                row, words = self._queued(moves[0][1])
                rows[QUEUE_REF] = row
            else:
                refused, words = self._judged(moves, known)
                self._takes(0.01)
                for ref, new, forced in moves:
                    old = known[ref]
                    rows[ref] = (
                        f"!\t{new}:{ref}\t[remote rejected] (pre-receive hook declined)"
                        if refused
                        else self._set(ref, old, new, forced=forced)
                    )
        self._takes(0.005)
        out = "".join(f"{rows[ref]}\n" for ref, _, _ in push.moves)
        said = "".join(f"remote: {line}\n" for line in words.splitlines())
        failed = any(row.startswith("!") for row in rows.values())
        return Done(int(failed), f"To hub\n{out}Done\n".encode(), said.encode())

    def _judged(
        self, moves: list[tuple[str, str, bool]], known: Mapping[str, str | None]
    ) -> tuple[bool, str]:
        """Whether the hook refuses, and what it says."""
        lines = [f"{known[r] or _NOBODY} {new or _NOBODY} {r}" for r, new, _ in moves]
        try:
            verdict = hooks.receive(self.git(), lines, {})
        except FleetfeedError as error:
            return True, f"fleetfeed: push {CANNOT_TELL} {sentence(error)}"
        if not verdict.refused:
            self.truth.let_through(moves, self.refs.get(FEED))
        return verdict.refused, text_report(verdict, "push")

    def _set(self, ref: str, old: str | None, new: str, *, forced: bool) -> str:
        """Compare and set one ref: git's row about it."""
        if self.refs.get(ref) != old:
            return f"!\t{new}:{ref}\t[remote rejected] (failed to update ref)"
        if not new:
            del self.refs[ref]
            return f"-\t:{ref}\t[deleted]"
        self.git().move(ref, new)
        if old is None:
            return f"*\t{new}:{ref}\t[new reference]"
        flag, dots = ("+", "...") if forced else (" ", "..")
        return f"{flag}\t{new}:{ref}\t{old[:9]}{dots}{new[:9]}"

    def _queued(self, new: str) -> tuple[str, str]:
        """git's row, and the words, of a push to the queue: by the real follower."""
        try:
            answer = follower.led("python", follower.request_of(new.encode()))
        except follower._Away as error:  # noqa: SLF001 - as `follower._answer` does
            answer = follower._away(str(error))  # noqa: SLF001
        except follower._Unknown as error:  # noqa: SLF001
            why = "(fail to run proc-receive hook)"
            said = f"fleetfeed: whether this push lands is not known: {error}"
            return f"!\t{new}:{QUEUE_REF}\t[remote rejected] {why}", said
        reason, _, words = answer.decode().partition("\n")
        row = f"*\t{new}:{QUEUE_REF}\t[new reference]"
        if reason:
            row = f"!\t{new}:{QUEUE_REF}\t[remote rejected] ({reason})"
        return row, words
