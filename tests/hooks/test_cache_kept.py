"""What a commit had to read is kept: the next one reads what is new, however it began."""

import pytest
from harness import Fleet, Seat, claim, path, post

from fleetfeed.checks.commit import judge_staged
from fleetfeed.git import objects
from fleetfeed.git.process import Git
from fleetfeed.repo.cache_file import FILE
from fleetfeed.repo.repository import Repo

ITEMS = 45
"""All in one shard, of which each is read by itself where nothing is known."""


def texts(first: int, count: int):
    """So many items from the number `first` on: claims, and items that are over."""
    for number in range(first, first + count):
        item = f"CMB-{number:04d}"
        yield path(item), claim(item, f"CAMBER:file:{number}")
        if number % 3 == 0:
            yield path(item, 2), post(item=item, state="DONE", subject=None)


def add(seat: Seat, first: int, count: int, *options: str) -> None:
    """A commit of so many items."""
    for name, text in texts(first, count):
        seat.write(name, text)
    seat.commit("some items", *options)


def published(fleet: Fleet, items: int) -> Seat:
    """A clone that never ran a command or a hook; so many items are published."""
    writer = fleet.seat("CAMBER-01")
    add(writer, 1, items, "--no-verify")
    writer.push("--no-verify")
    return Seat.clone(fleet.server, fleet.folder / "fresh")


def with_remote(fleet: Fleet) -> Seat:
    return published(fleet, ITEMS)


def without_remote(fleet: Fleet) -> Seat:
    seat = published(fleet, ITEMS)
    seat.alone()
    return seat


def with_drafts(fleet: Fleet) -> Seat:
    seat = published(fleet, 5)
    add(seat, 6, ITEMS, "--no-verify")
    return seat


def behind(fleet: Fleet) -> Seat:
    """Others have written on items of its own since, and it has fetched that."""
    seat = published(fleet, ITEMS)
    other = fleet.seat("CAMBER-02")
    other.git("pull", "-q")
    for number in (1, 2, 4):
        text = post(item=f"CMB-{number:04d}", state="DONE", subject=None)
        other.write(path(f"CMB-{number:04d}", 2), text)
    other.commit("three are done", "--no-verify")
    other.push("--no-verify")
    seat.git("fetch", "-q")
    return seat


def next_post(seat: Seat, number: int) -> None:
    """Stage another claim."""
    item = f"CMB-{number:04d}"
    seat.stage(path(item), claim(item, f"CAMBER:page:{number}"))


def objects_read(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many objects judging what is staged takes, in a process of its own."""
    answer, found = objects._answer, []  # noqa: SLF001

    def counted(*args: object):
        found.append(args)
        return answer(*args)

    with monkeypatch.context() as patch:
        patch.setattr(objects, "_answer", counted)
        repo = Repo(Git(seat.folder, seat.environment))
        assert not judge_staged(repo).refused
        repo.objects.close()
        repo.cache_store.file.close()
    return len(found)


WAYS = [with_remote, without_remote, with_drafts, behind]


@pytest.mark.parametrize("made", WAYS)
def test_the_first_commit_leaves_what_it_read(fleet, monkeypatch, made):
    seat = made(fleet)
    next_post(seat, 96)
    cold = objects_read(seat, monkeypatch)
    (seat.folder / ".git" / FILE).unlink()
    assert cold > 2 * ITEMS
    seat.commit()
    for number in (97, 98, 99):
        next_post(seat, number)
        # Commits, and the trees on the way to the item: nothing of the others.
        assert objects_read(seat, monkeypatch) < 40
        seat.commit()


@pytest.mark.parametrize("made", WAYS)
def test_what_the_index_command_makes_helps_the_first_commit(fleet, monkeypatch, made):
    seat = made(fleet)
    seat.fleetfeed("index", "rebuild")
    next_post(seat, 96)
    assert objects_read(seat, monkeypatch) < 40


def test_what_a_few_commits_read_again_is_not_written_each_time(fleet):
    seat, changed = with_remote(fleet), []
    for number in range(91, 99):
        next_post(seat, number)
        seat.commit()
        changed.append((seat.folder / ".git" / FILE).stat().st_mtime_ns)
    assert len(set(changed)) <= 2


def test_an_item_of_many_posts_is_worth_keeping(fleet, monkeypatch):
    writer = fleet.seat("CAMBER-01")
    writer.write(path("CMB-0001"), claim("CMB-0001", "CAMBER:file:1"))
    for number in range(2, 41):
        text = post(item="CMB-0001", state="IN_PROGRESS", subject=None)
        writer.write(path("CMB-0001", number), text)
    writer.commit("forty posts", "--no-verify")
    for number in (96, 97):
        next_post(writer, number)
        writer.commit()
    next_post(writer, 98)
    assert objects_read(writer, monkeypatch) < 40


def test_worktrees_do_not_make_each_other_read(fleet, monkeypatch):
    """They share a cache, and each has drafts that the other one lacks."""
    here = with_drafts(fleet)
    folder = here.folder.with_name("beside")
    here.git("worktree", "add", "-q", "-b", "beside", str(folder), "origin/main")
    there = Seat(folder, here.environment)
    add(there, 51, ITEMS, "--no-verify")
    for number in (96, 97):
        for seat in (here, there):
            next_post(seat, number)
            seat.commit()
    for seat in (here, there):
        next_post(seat, 98)
        assert objects_read(seat, monkeypatch) < 60
