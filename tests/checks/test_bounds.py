"""What a push of many commits, or of many notes on one file, costs the server."""

from collections import Counter

import pytest
from harness.built import Builder, Workshop
from harness.counting import MOST_FOR_TWICE, calls

from fleetfeed.checks import commit_signers
from fleetfeed.git.objects import Batch

NOTE = "SEAT: CAMBER-06\nBODY: seen\n"


@pytest.fixture
def workshop(fleet):
    return Workshop.of(fleet)


@pytest.fixture
def asked(monkeypatch):
    """How many objects git was asked for: alone (it is waited for) and together."""
    seen, alone, together = Counter[str](), Batch.read, Batch.read_together

    def read(self, id_, *args):
        seen["alone"] += 1
        return alone(self, id_, *args)

    def read_together(self, ids):
        seen["together"] += len(ids)
        return together(self, ids)

    monkeypatch.setattr(Batch, "read", read)
    monkeypatch.setattr(Batch, "read_together", read_together)
    return seen


def line(builder: Builder, tip: str, count: int) -> list[str]:
    """So many commits on `tip`, which touch no post."""
    commits = [tip]
    for number in range(count):
        commits.append(builder.commit({f"src/{number % 7}": f"{number}"}, commits[-1]))
    return commits


def test_commits_that_touch_no_post_are_read_together(workshop, asked):
    commits, costs = line(workshop.builder, workshop.tip, 400), []
    for count in (1, 200, 400):
        asked.clear()
        made = calls(lambda: workshop.judged(commits[count]))  # noqa: B023
        costs.append((made, asked["alone"]))
    (_, alone), (once, some), (twice, more) = costs
    assert twice < MOST_FOR_TWICE * once
    assert some == more < alone + 10
    assert not workshop.judged(commits[-1]).findings


@pytest.mark.parametrize("merged", [False, True], ids=["in a line", "merged"])
def test_a_commit_among_many_that_touches_a_post_is_seen(workshop, merged):
    """Whatever the others look like, and however it is undone behind it."""
    builder, tip = workshop.builder, workshop.tip
    path = "feed/notes/2026/11/20261120T155200Z-CAMBER-06-0001.yaml"
    commits = line(builder, tip, 120)
    added = builder.commit({path: NOTE}, commits[-1])
    altered = builder.commit({path: NOTE + "ITEM: CMB-0001\n"}, added)
    undone = builder.commit({path: NOTE}, altered)
    end = line(builder, undone, 120)[-1]
    if merged:
        end = builder.commit({}, commits[50], end, base=end)
    found = workshop.judged(end).findings
    assert [each.code for each in found] == ["FF409", "FF409"]
    said = " ".join(each.message for each in found)
    assert altered[:12] in said
    assert undone[:12] in said


def test_a_commit_among_many_whose_folder_has_a_twin_is_seen(workshop):
    builder, tip = workshop.builder, workshop.tip
    first = line(builder, tip, 120)[-1]
    twin = builder.commit({"Feed/x": "y"}, first)
    gone = builder.commit({"Feed": None}, twin)
    end = line(builder, gone, 120)[-1]
    with pytest.raises(Exception, match="Feed and feed differ only in case"):
        workshop.judged(end)


def test_many_notes_on_one_file_are_read_once(workshop, asked):
    builder, tip = workshop.builder, workshop.tip
    names = [f"20261120T155200Z-CAMBER-06-{n:04x}.yaml" for n in range(300)]
    there = {f"feed/notes/2026/11/{name}": NOTE for name in names}
    one = builder.commit(dict(list(there.items())[:1]), tip)
    workshop.judged(one)
    asked.clear()
    assert not workshop.judged(one).findings
    alone = asked["alone"]
    asked.clear()
    assert not workshop.judged(builder.commit(there, tip)).findings
    assert asked["alone"] <= alone + 1
    assert asked["together"] < 10


def test_of_many_notes_on_one_file_each_is_judged_by_its_seat(workshop):
    builder, tip = workshop.builder, workshop.tip
    names = ["CAMBER-06-0001", "CAMBER-06-0002", "CAMBER-07-0003", "CAMBER-06-0004"]
    there = {f"feed/notes/2026/11/20261120T155200Z-{n}.yaml": NOTE for n in names}
    (found,) = workshop.judged(builder.commit(there, tip)).findings
    assert "CAMBER-07-0003" in found.place.path


def test_of_too_many_signed_commits_none_is_verified(signed, monkeypatch):
    monkeypatch.setattr(commit_signers, "MOST_SIGNED", 2)
    workshop, key = Workshop.of(signed.fleet), signed.key("CAMBER-06")
    commits = [workshop.tip]
    for number in range(3):
        path = f"feed/notes/2026/11/20261120T155200Z-CAMBER-06-{number:04x}.yaml"
        commits.append(workshop.builder.commit({path: NOTE}, commits[-1], key=key))
    assert not workshop.judged(commits[2]).findings
    first, *others = workshop.judged(commits[3]).findings
    assert {each.code for each in (first, *others)} == {"FF606"}
    todo = f"`git push REMOTE {commits[2][:12]}:refs/heads/main` first, then the rest"
    assert f"one of 3, and one push may bring 2 signed commits; {todo}" in first.message
