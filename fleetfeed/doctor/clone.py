"""A clone's hooks, tried by a real commit, a real merge and a real push.

git itself finds and runs them, in a scratch repository (see `scratch`); where they
lie is asked of the real one.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from fleetfeed.doctor.feed_ref import Feed
from fleetfeed.doctor.report import Check
from fleetfeed.doctor.scratch import Sample, Scratch, only, samples, view
from fleetfeed.doctor.trial import Pair, Trial, Try, judged
from fleetfeed.git import queries
from fleetfeed.install.hook_file import hook_file, is_ours
from fleetfeed.util.records import record


@record
class Room:
    """Where a clone is tried: its stand-in, the `server`'s, and a place for views.

    `base` is the commit to build on, `tip` the feed ref as last fetched.
    """

    mine: Scratch
    server: Scratch
    folder: Path
    feed: Feed
    base: str
    tip: str | None

    @classmethod
    def open(cls, feed: Feed, folder: Path) -> "Room":
        """A room in the empty `folder`."""
        server = Scratch.borrow(feed.repo.git, folder / "server.git", bare=True)
        server.set("core.hooksPath", str(folder / "none"))
        mine = Scratch.borrow(feed.repo.git, folder / "mine")
        _settings(feed, mine, server)
        head = queries.commit_of(feed.repo.git, "HEAD")
        tip = next(feed.tips(), None)
        return cls(mine, server, folder, feed, head or mine.root(), tip)


# Of a remote's settings: what is fetched to where, and what a partial clone left out.
_HARMLESS = (".fetch", ".promisor", ".partialclonefilter")


def _settings(feed: Feed, mine: Scratch, server: Scratch) -> None:
    """The real settings, but no remote leads out of the scratch folder.

    A partial clone's does for reading: what is missing here is fetched from there.
    """
    known = feed.repo.settings
    for name, values in known.items():
        copied = name.startswith("fleetfeed.") or name.endswith(_HARMLESS)
        for value in values if copied else ():
            mine.set(name, value, add=True)
    for remote in queries.remotes(known):
        promisor = queries.setting(known, f"remote.{remote}.promisor")
        real = queries.setting(known, f"remote.{remote}.url") if promisor else None
        mine.set(f"remote.{remote}.url", real or str(server.folder))
        mine.set(f"remote.{remote}.pushurl", str(server.folder))


Act = Callable[[Room, Sample], Try]


def _commit(room: Room, sample: Sample) -> Try:
    room.mine.reset(room.base)
    room.mine.stage(sample)
    return _ran(room, "commit", "-q", "-m", "tried by fleetfeed doctor")


def _merge(room: Room, sample: Sample) -> Try:
    side = room.mine.commit(room.base, sample)
    room.mine.reset(room.base)
    return _ran(room, "merge", "-q", "--no-ff", "-m", "tried by fleetfeed doctor", side)


def _push(room: Room, sample: Sample) -> Try:
    commit = room.mine.commit(room.tip or room.mine.root(), sample)
    # As a real push finds it: nothing is staged.
    room.mine.reset(room.base)
    room.server.point(room.feed.ref, room.tip)
    remote = room.feed.where.remote or str(room.server.folder)
    return _ran(room, "push", "-q", remote, f"{commit}:{room.feed.ref}")


def _ran(room: Room, *args: str) -> Try:
    done = room.mine.git.run(*args, accept=range(-64, 256))
    # A pre-push hook's standard output stays what it is; that of others joins stderr.
    output = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
    return Try(done.returncode != 0, output)


ACTS: dict[str, tuple[str, Act]] = {
    "pre-commit": ("a commit", _commit),
    "pre-merge-commit": ("a merge", _merge),
    "pre-push": ("a push", _push),
}


def tried(room: Room, hooks: Path) -> Iterator[Check]:
    """Each hook of a clone, tried."""
    for name, (words, act) in ACTS.items():
        trial = Trial(name, words, hooks / name, "run `fleetfeed install`")
        yield _one(room, trial, act)


def _one(room: Room, trial: Trial, act: Act) -> Check:
    hooks, name = trial.hook.parent, trial.name
    bad, good = samples(room.feed.repo.folder)
    ours = hook_file(hooks, name)

    def run(folder: Path) -> Pair:
        room.mine.set("core.hooksPath", str(folder))
        return Pair(act(room, bad), act(room, good))

    def alone() -> Pair:
        return run(only(ours.path, name, room.folder / f"{name}.alone"))

    found = run(view(hooks, name, room.folder / name))
    return judged(trial, found, alone if is_ours(ours.path) else None)
