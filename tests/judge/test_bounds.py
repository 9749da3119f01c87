"""Twice as much in one push costs about twice as much, lawful or not."""

from collections.abc import Callable

import pytest
from harness import path, post
from harness.counting import MOST_FOR_TWICE, growth
from judge.gen_feeds import KEY, PROOF, Files, judged

from fleetfeed.feed.seal_format import seal
from fleetfeed.judge import waiting
from fleetfeed.judge.validate import MOST_REFUSED

FILED = {"state": "AWAITING_CLAIM", "seat": "CAMBER-06"}
CLAIM = {**FILED, "state": "IN_PROGRESS", "no_overlap_proof": PROOF}


def items(count: int, fields: Callable[[int], dict[str, object]]) -> Files:
    """So many new items, each with what `fields` says of its number."""
    ids = {number: f"CMB-{number:04d}" for number in range(1, count + 1)}
    return {path(i): post(item=i, **fields(number)) for number, i in ids.items()}


def upon(*numbers: int) -> dict[str, object]:
    names = [f"CMB-{number:04d}" for number in numbers]
    return {**FILED, "depends_on": names} if names else FILED


def chain(count):
    return items(count, lambda n: upon(n - 1) if n > 1 else FILED)


def chain_the_other_way_round(count):
    return items(count, lambda n: upon(n + 1))


def circle(count):
    return items(count, lambda n: upon(n - 1 or count))


def many_on_the_same(count):
    """Each waits for the first, which has as many posts as there are items."""
    first = {
        path("CMB-0001", n): post(item="CMB-0001", **FILED) for n in range(1, count)
    }
    claims = {**CLAIM, "depends_on": "CMB-0001"}
    others = items(count, lambda n: {**claims, "surface_key": f"CAMBER:k{n}:{n}"})
    return {**others, **first}


def claims_of_one_surface(count):
    return items(count, lambda _: {**CLAIM, "surface_key": KEY})


def posts_of_one_item(count):
    return {
        path("CMB-0001", n): post(item="CMB-0001", **FILED) for n in range(1, count)
    }


def numbers_with_gaps(count):
    text = post(item="CMB-0001", subject="with gaps")
    return {path("CMB-0001", 2 * n): text for n in range(1, count)}


def numbers_too_high(count):
    ids = [f"CMB-{number * 200}" for number in range(1, count)]
    return {path(item): post(item=item, **FILED) for item in ids}


def prefixes(count):
    ids = [f"P{number}-0001" for number in range(1, count)]
    return {path(item): post(item=item, **FILED) for item in ids}


def notes(count):
    names = [f"20261120T155200Z-CAMBER-06-{n:04x}.yaml" for n in range(count)]
    return {f"feed/notes/2026/11/{n}": "SEAT: CAMBER-06\nBODY: x\n" for n in names}


@pytest.mark.parametrize(
    "push",
    [
        chain,
        chain_the_other_way_round,
        circle,
        many_on_the_same,
        claims_of_one_surface,
        posts_of_one_item,
        numbers_with_gaps,
        numbers_too_high,
        prefixes,
        notes,
    ],
    ids=lambda push: push.__name__,
)
def test_twice_as_much_costs_about_twice_as_much(push, monkeypatch):
    # So many steps are worth it, however small a push is.
    monkeypatch.setattr(waiting, "MOST_STEPS", 100)

    def work(size):
        files = push(size)
        return lambda: judged({}, files)

    assert growth(work, 60) < MOST_FOR_TWICE


def test_of_what_is_hopeless_no_more_is_said():
    found = judged({}, claims_of_one_surface(60))
    assert len(found) == MOST_REFUSED < 60 * 59
    assert {each.code for each in found} == {"FF401"}


def test_a_way_back_that_nobody_looks_for_is_told_by_its_first_step(monkeypatch):
    monkeypatch.setattr(waiting, "MOST_STEPS", 8)
    first, second, third = (f.message for f in judged({}, circle(3)))
    assert "begin: CMB-0001 -> CMB-0003 -> CMB-0002 -> CMB-0001; " in first
    assert "begin: CMB-0002 -> CMB-0001 -> CMB-0003 -> CMB-0002; " in second
    assert "begin: CMB-0003 -> CMB-0002 -> … -> CMB-0003; " in third
    assert third.endswith("take CMB-0002 out of DEPENDS_ON")


def sealed(posts: int) -> Files:
    """One shard in a file, of one item with so many posts."""
    body = post(item="CMB-0001", state="DONE").encode()
    return {
        "feed/CMB/000.sealed": seal(
            {f"CMB-0001/{number:04d}.yaml": body for number in range(1, posts)}
        )
    }


def test_of_a_sealed_file_with_posts_that_were_no_files_the_first_are_looked_at():
    def work(size):
        files = sealed(2000 * size)
        return lambda: judged({}, files)

    assert growth(work, 1) < 1.1
    (found,) = judged({}, sealed(2000))
    assert found.code == "FF024"
    assert (
        "CMB/000.sealed with more than 1000 posts that were no files" in found.message
    )


def test_a_sealed_file_of_many_posts_that_were_files_is_read():
    number = 1500
    files = {
        path("CMB-0001", n): post(item="CMB-0001", **FILED) for n in range(1, number)
    }
    files[path("CMB-0001", number)] = post(item="CMB-0001", state="CANCELLED")
    inside = {
        name.removeprefix("feed/CMB/000/"): data.encode()
        for name, data in files.items()
    }
    found = judged(files, {"feed/CMB/000.sealed": seal(inside)} | dict.fromkeys(files))
    assert found == ()
