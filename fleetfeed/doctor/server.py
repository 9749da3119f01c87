"""A server's hook, tried by a real push to a scratch server that stands in for it.

Were the real feed ref pushed to, a hook that is off would let the malformed post land
for good, and the post that must pass would move the ref in any case. The stand-in has
the real branches, settings and hook file, so git, the quarantine and the hook act as
they would; only what is around them (the account, the way in, a forge) is not tried.
"""

from pathlib import Path

from fleetfeed.doctor.feed_ref import Feed
from fleetfeed.doctor.report import Check
from fleetfeed.doctor.scratch import Sample, Scratch, only, samples, view
from fleetfeed.doctor.trial import Pair, Trial, Try, judged
from fleetfeed.git import queries
from fleetfeed.install.hook_file import SERVER_HOOK, hook_file, is_ours
from fleetfeed.install.locations import HookLocation, hooks_folder
from fleetfeed.install.queue import QUEUE_HOOK
from fleetfeed.install.settings import PROC_RECEIVE
from fleetfeed.model.server import QUEUE_REF
from fleetfeed.util.records import record


@record
class Room:
    """A stand-in for the server, and a seat that pushes to it."""

    server: Scratch
    seat: Scratch
    folder: Path
    feed: Feed
    tip: str | None

    @classmethod
    def open(cls, feed: Feed, folder: Path) -> "Room":
        """A room in the empty `folder`."""
        git = feed.repo.git
        server = Scratch.borrow(git, folder / "server.git", bare=True)
        for name, values in feed.repo.settings.items():
            for value in values if name.startswith("fleetfeed.") else ():
                server.set(name, value, add=True)
        seat = Scratch.borrow(git, folder / "seat")
        seat.set("core.hooksPath", str(folder / "none"))
        return cls(server, seat, folder, feed, queries.exact(git, feed.ref))


def tried(room: Room, place: HookLocation) -> Check:
    """The server's hook, tried by pushes to its stand-in."""
    git = room.feed.repo.git
    ours = own_hook(place)
    outer = place.folder.parent.name != "custom_hooks"
    hook = hooks_folder(git) / SERVER_HOOK if outer else ours
    todo = f"run `fleetfeed install --server {git.folder}`"
    trial = Trial(SERVER_HOOK, "a push", hook, todo)
    # GitLab's own program runs what is in `custom_hooks`, git does not: there the file
    # alone can be tried.
    folder = room.folder / "hooks"
    if outer:
        view(hook.parent, {SERVER_HOOK}, folder)
    else:
        only(ours, SERVER_HOOK, folder)

    def alone() -> Pair:
        return _pair(room, only(ours, SERVER_HOOK, room.folder / "alone"))

    return judged(trial, _pair(room, folder), alone if is_ours(ours) else None)


def own_hook(place: HookLocation) -> Path:
    """The file that is our hook, or would be."""
    name = place.folder / place.name
    return name if place.alone else hook_file(place.folder, place.name).path


def queued(room: Room) -> Check:
    """The server's queue, tried by pushes to that of its stand-in."""
    git = room.feed.repo.git
    hook = hooks_folder(git) / QUEUE_HOOK
    todo = f"run `fleetfeed install --server {git.folder}` again"
    trial = Trial("queue", f"a push to {QUEUE_REF}", hook, todo)
    room.server.set(PROC_RECEIVE.key, QUEUE_REF)
    names = {SERVER_HOOK, QUEUE_HOOK}
    folder = view(hook.parent, names, room.folder / "queue's hooks")
    return judged(trial, _pair(room, folder, QUEUE_REF), None)


def _pair(room: Room, hooks: Path, ref: str = "") -> Pair:
    """What becomes of the samples, pushed to `ref`; the feed ref itself where empty."""
    room.server.set("core.hooksPath", str(hooks))
    bad, good = samples(room.feed.repo.folder)
    ref = ref or room.feed.ref
    return Pair(_push(room, bad, ref), _push(room, good, ref))


def _push(room: Room, sample: Sample, ref: str) -> Try:
    """Push `sample` to `ref`; refused means that the feed ref did not move."""
    room.server.point(room.feed.ref, room.tip)
    commit = room.seat.commit(room.tip or room.seat.root(), sample)
    target = f"{commit}:{ref}"
    to = str(room.server.folder)
    done = room.seat.git.run("push", "-q", to, target, accept=range(-64, 256))
    stayed = queries.exact(room.server.git, room.feed.ref) == room.tip
    return Try(stayed, done.stderr.decode("utf-8", "backslashreplace"))
