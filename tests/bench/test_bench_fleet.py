"""The benchmark of a fleet runs, and counts what happened. No time is judged."""

import json
import random
from collections import Counter

import pytest

from bench import render
from bench.__main__ import main
from bench.fleet import code
from bench.fleet.found import CONFLICTS, LEFT, OF_BACKLOG, OF_FREE, THROWN, of_fleet
from bench.fleet.plan import PARTS
from bench.fleet.run import ARMS, BACKLOG, FLEETFEED, FREE, LONGER
from bench.fleet.seats import AGAIN, Worker
from bench.fleet.tickets import FOLDERS, Ticket, backlog, free
from bench.fleet.ways import Locks, Nobody

WHOLE, TWIN = Ticket("T1", "page", "home"), Ticket("T2", "page", "home")
PART = Ticket("T3", "page", "home", "body")
ALONE = Ticket("T4", "job", "nightly")
TICKETS = (WHOLE, TWIN, PART, ALONE)
DICE = random.Random(1)  # noqa: S311 - the same every time


@pytest.mark.timeout(600)
def test_a_quick_run_gives_every_figure(tmp_path):
    page, values = tmp_path / "fleet.md", tmp_path / "values.json"
    for of in ("", "longer tickets"):
        with page.open("a") as opened:
            opened.write(f"{render.begins(of)}\nold\n{render.END}\nafter\n")
    options = ("--quick", "--docs", tmp_path, "--json", values, "--most", 300)
    main([*map(str, options), "--only", *PARTS])
    told = json.loads(values.read_text())["fleet"]
    assert {row["arm"] for row in told["long"]} == {*LONGER}
    rows = told["fleet"]
    found = {(r["what"], r["arm"], r["figure"]): r["values"] for r in rows}
    assert {len(each) for each in found.values()} == {1}
    assert {(BACKLOG, arm, name) for arm in ARMS for name in OF_BACKLOG} <= {*found}
    alone = f"{FREE}, 0.2 s a ticket"
    assert {(alone, FLEETFEED, name) for name in OF_FREE} <= {*found}
    assert all(found[BACKLOG, arm, LEFT] == [0] for arm in ARMS)
    for name in (THROWN, CONFLICTS):
        assert found[BACKLOG, FLEETFEED, name] == [0]
        assert found[BACKLOG, "one lock", name] == [0]
    assert "\nold\n" not in page.read_text()


def test_a_third_of_the_backlog_is_related_to_the_rest():
    tickets = backlog(60)
    assert len({ticket.name for ticket in tickets}) == 60
    wanted = Counter(ticket.work for ticket in tickets)
    assert Counter(wanted.values()) == {1: 40, 2: 10}
    assert {ticket.folder for ticket in tickets} == {*FOLDERS}
    parts = [ticket for ticket in tickets if ticket.section]
    whole = {ticket.path for ticket in tickets if not ticket.section}
    assert len(parts) == 10
    assert {ticket.path for ticket in parts} < whole
    assert all(
        part.key.startswith(f"CODE:{part.folder}:{part.file}:") for part in parts
    )
    assert len({ticket.path for ticket in free(60)}) == 60


@pytest.fixture
def bare(tmp_path):
    return code.made(tmp_path / "code.git", TICKETS)


def worker(bare, name, tickets=TICKETS):
    clone = code.Clone.of(bare, bare.folder.parent / name, name)
    return Worker(Nobody(DICE), clone, tickets, 0.01)


def lands_meanwhile(other, ticket):
    """Another closes `ticket` between the edits of a worker and its push."""
    landed = []

    def edit(clone, own, seconds, edited=code.Clone.edit):
        edited(clone, own, seconds)
        if clone is not other.clone and not landed:
            landed.append(ticket)
            other.close(ticket)

    return edit


@pytest.mark.parametrize(
    ("ticket", "conflicts", "shares", "done"),
    [(TWIN, 1, (1, 1), 1), (PART, 1, (1 + AGAIN, AGAIN), 2), (ALONE, 0, (1, 0), 2)],
    ids=["the same", "in one place", "elsewhere"],
)
def test_what_another_lands_meanwhile(
    bare, monkeypatch, ticket, conflicts, shares, done
):
    mine, other = worker(bare, "mine"), worker(bare, "other")
    monkeypatch.setattr(code.Clone, "edit", lands_meanwhile(other, ticket))
    mine.close(WHOLE)
    worked, thrown = (share * mine.seconds for share in shares)
    assert mine.day.conflicts == conflicts
    assert (mine.day.worked, mine.day.thrown) == pytest.approx((worked, thrown))
    assert other.day.thrown == 0
    assert code.done_in(bare, TICKETS) == done
    mine.clone.fetch()
    assert mine.clone.closed() == {WHOLE.name, ticket.name}


def test_what_is_there_already_is_not_done_again(bare):
    first, second = worker(bare, "first"), worker(bare, "second")
    first.close(WHOLE)
    second.close(TWIN)
    assert (first.day.worked, second.day.worked) == (0.01, 0)
    second.work(60)
    assert second.clone.closed() == {ticket.name for ticket in TICKETS}
    first.day.begun, first.day.ended = second.day.begun, second.day.ended
    figures = of_fleet([first, second], 1.0, code.done_in(bare, TICKETS), 3)
    assert (figures[LEFT], figures[THROWN]) == (0, 0)


def test_a_lock_is_one_seats(tmp_path):
    one, other = (Locks(DICE, tmp_path, lambda each: each.folder) for _ in range(2))
    assert one.take([WHOLE], 0) == WHOLE
    assert other.take([TWIN, PART], 0) is None
    assert other.take([TWIN, ALONE], 0) == ALONE
    one.give_back(WHOLE)
    assert other.take([TWIN], 0) == TWIN
