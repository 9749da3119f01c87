"""A clone's hooks, tried by a real commit, a real merge and a real push.

git itself finds and runs them, in a scratch repository (see `scratch`); where they
lie is asked of the real one.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from fleetfeed.doctor.feed_ref import Feed
from fleetfeed.doctor.furniture import Furniture
from fleetfeed.doctor.report import Check
from fleetfeed.doctor.scratch import Sample, Scratch, only, samples
from fleetfeed.doctor.trial import Pair, Trial, Try, judged
from fleetfeed.git import queries
from fleetfeed.install.hook_file import hook_file, is_ours
from fleetfeed.install.managers import Managed
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
    around: Furniture

    @classmethod
    def open(cls, feed: Feed, folder: Path, hooks: Path) -> "Room":
        """A room in the empty `folder`, for a clone whose hooks are in `hooks`."""
        server = Scratch.borrow(feed.repo.git, folder / "server.git", bare=True)
        server.set("core.hooksPath", str(folder / "none"))
        mine = Scratch.borrow(feed.repo.git, folder / "mine")
        _settings(feed, mine, server)
        head = queries.commit_of(feed.repo.git, "HEAD")
        tip = next(feed.tips(), None)
        around = Furniture.of(feed.repo.git, hooks, mine, folder / "hooks")
        base = around.staged(feed.repo.git, head or mine.root())
        return cls(mine, server, folder, feed, base, tip, around)

    def reset(self, name: str) -> None:
        """Nothing is staged, and the work tree is in order for the hook `name`."""
        self.mine.reset(self.base)
        self.around.put(name)


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
    if feed.where.remote in queries.remotes(known):
        # It may be the feed's by its address, which is another one in here.
        mine.set("fleetfeed.remote", feed.where.remote, add=True)
    for remote in queries.remotes(known):
        promisor = queries.setting(known, f"remote.{remote}.promisor")
        real = queries.setting(known, f"remote.{remote}.url") if promisor else None
        mine.set(f"remote.{remote}.url", real or str(server.folder))
        mine.set(f"remote.{remote}.pushurl", str(server.folder))


Act = Callable[[Room, Sample], Try]


def _commit(room: Room, sample: Sample) -> Try:
    room.reset("pre-commit")
    room.mine.stage(sample)
    room.mine.write(sample)
    return _ran(room, "commit", "-q", "-m", "tried by fleetfeed doctor")


def _merge(room: Room, sample: Sample) -> Try:
    side = room.mine.commit(room.base, sample)
    room.reset("pre-merge-commit")
    return _ran(room, "merge", "-q", "--no-ff", "-m", "tried by fleetfeed doctor", side)


def _push(room: Room, sample: Sample) -> Try:
    commit = room.mine.commit(room.tip or room.mine.root(), sample)
    # As a real push finds it: nothing is staged.
    room.reset("pre-push")
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


def tried(room: Room, owned: Mapping[str, Managed]) -> Iterator[Check]:
    """Each hook of a clone, tried; those in `owned` are a hook manager's."""
    for name, (words, act) in ACTS.items():
        hook, again, by = owned.get(name), "run `fleetfeed install`", ""
        if hook:
            again, by = hook.todo, hook.manager
        trial = Trial(name, words, room.around.hooks / name, again, by)
        yield _one(room, trial, act, hook)


def _one(room: Room, trial: Trial, act: Act, owned: Managed | None) -> Check:
    hooks, name = trial.hook.parent, trial.name
    ours = hook_file(hooks, name).path
    file = ours if is_ours(ours) else None
    if owned and owned.called:
        file = room.folder / f"{name}.line"
        file.write_text(f'#!/bin/sh\nexec fleetfeed hook {name} "$@"\n')
        file.chmod(0o755)

    def run() -> Pair:
        bad, good = samples(room.feed.repo.folder)
        return Pair(act(room, bad), act(room, good))

    def alone(hook: Path) -> Pair:
        folder = only(hook, name, room.folder / f"{name}.alone")
        room.mine.set("core.hooksPath", str(folder))
        return run()

    room.around.ready()
    return judged(trial, run(), partial(alone, file) if file else None)
