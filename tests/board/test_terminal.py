"""The board on a terminal: drawn, found one's way in, opened; followed; attacked."""

import asyncio

import pytest
from board.hostile_feed import hostile_files
from board.scenes import board_of, snapshot
from board.terminal_scene import app_of, screen_text
from harness import path, post

from fleetfeed.board import drawing
from fleetfeed.board.following import Seen
from fleetfeed.board.table import columns
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.util.invisible import masked
from fleetfeed.util.records import replace


@pytest.fixture(scope="module")
def feed():
    return snapshot()


@pytest.fixture(scope="module")
def board(feed):
    return board_of(feed)


def played(feed, board, play, size=(80, 24)):
    """Play on a terminal of that size, in a loop of its own."""

    async def run():
        app, still = app_of(feed, board)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await play(app, pilot, still)
        return still

    return asyncio.run(run())


def shown(app):
    """The items on the screen, in their order."""
    words = (line.split() for line in screen_text(app)[5:])
    names = (next((w for w in line if w[:4] in ("CMB-", "ORA-")), "") for line in words)
    return [name for line, name in zip(screen_text(app)[5:], names, strict=True)
            if name and line[0] in drawing.SHAPES.values()]  # fmt: skip


def test_finding_ones_way_by_keys(feed, board):
    async def play(app, pilot, still):
        everything = shown(app)
        assert everything[0] == "CMB-0010"
        await pilot.press("slash", *"api.py", "enter")
        assert shown(app) == ["CMB-0007"]
        assert "“api.py”  esc everything" in screen_text(app)[-1]
        await pilot.press("escape", "f")
        assert shown(app) == ["CMB-0007", "CMB-0008", "CMB-0001"]
        await pilot.press("F", "l", "l")
        assert set(shown(app)) == {"ORA-0011", "ORA-0012"}
        await pilot.press("escape", "s", "s")
        assert shown(app) == sorted(everything)
        await pilot.press("r")
        assert shown(app) == sorted(everything, reverse=True)
        await pilot.press("escape", "end")
        assert app.query_one("#items").row.item == everything[-1]
        await pilot.press("k", "pageup", "g", "n")
        assert app.query_one("#items").row.item == everything[1]
        await pilot.press("slash", *"nothing like it")
        assert any("no item is like that" in line for line in screen_text(app))
        await pilot.press("escape", "escape", "question_mark")
        assert any("search in all that the board says" in x for x in screen_text(app))
        await pilot.press("escape", "p")
        assert any("WHO WAITS FOR WHOM" in line for line in screen_text(app))
        await pilot.press("q")

    assert played(feed, board, play).stopped


def test_an_item_is_opened_with_what_was_said(feed, board):
    async def play(app, pilot, still):
        await pilot.press("slash", *"cmb-0001 ", "enter")
        await pilot.press("escape", "s", "s", "g", "enter")
        await pilot.pause()
        text = "\n".join(screen_text(app))
        for words in ("POSTS", "0001 2026-11-30T11:30:00Z ● at work CAMBER-07", "ORA-02: how far?"):  # fmt: skip
            assert words in text
        await pilot.press("escape")
        assert "POSTS" not in "\n".join(screen_text(app))

    played(feed, board, play)


def test_posts_that_cannot_be_read_are_told_of(feed, board):
    async def play(app, pilot, still):
        still.ask = lambda question: question.failed("there is no \x1b[31mfolder")
        await pilot.press("enter")
        await pilot.pause()
        words = r"its posts cannot be read: there is no \x1b[31mfolder"
        assert any(words in line for line in screen_text(app))

    played(feed, board, play)


def test_the_headings_stay_and_so_do_the_keys(feed, board):
    async def play(app, pilot, still):
        first = screen_text(app)
        assert "STATE" in first[4]
        await pilot.press("end")
        await pilot.pause()
        last = screen_text(app)
        assert last[4] == first[4]
        assert shown(app)[0] != "CMB-0010"
        assert last[-1].startswith("? help  q leave")

    played(feed, board, play, (80, 18))


def test_it_is_old_where_nobody_answers(feed, board):
    async def play(app, pilot, still):
        app._clock = lambda: board.now + 40  # noqa: SLF001
        app.take(still.seen)
        await pilot.pause()
        assert "no answer for 40 s" in screen_text(app)[0]
        assert "live" not in screen_text(app)[0]

    played(feed, board, play)


def test_it_follows_and_the_cursor_stays_with_its_item(feed, board):
    text = post(item="CMB-0020", seat="ORA-02", subject="Newly filed")
    other = snapshot({path("CMB-0020")[5:]: text.encode()})
    newer = board_of(other)

    async def play(app, pilot, still):
        await pilot.press("s", "s", "j", "j", "j")
        at = app.query_one("#items").row.item
        app.take(Seen(2, newer, still.seen.view, newer.now))
        await pilot.pause()
        assert app.query_one("#items").row.item == at
        assert screen_text(app)[3] == "CMB-0020: new, awaiting, ORA-02"
        assert "CMB-0020" in shown(app)
        app.take(
            replace(Seen(2, newer, still.seen.view, 0.0), trouble="origin is away")
        )
        await pilot.pause()
        assert "the feed does not answer: origin is away" in screen_text(app)[0]
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        assert max(map(columns, screen_text(app))) <= 40

    played(feed, board, play)


def test_nothing_hostile_reaches_the_terminal():
    feed = Snapshot(from_files(hostile_files()))
    board = board_of(feed)

    async def play(app, pilot, still):
        for _ in range(3):
            await pilot.press("pagedown", "enter")
            await pilot.pause()
            fine(screen_text(app), 80)
            without_markup(app)
            await pilot.press("escape")
        await pilot.press("slash", *"@click", "enter")
        assert any("[@click=app.quit]" in line for line in screen_text(app))
        without_markup(app)
        await pilot.press("p")
        fine(screen_text(app), 80)
        without_markup(app)

    played(feed, board, play)
    for row in board.rows:
        fine(["".join(text for text, _ in drawing.item(board, row, 80))], 80)
        lines = (each for line in drawing.detail(board, row) for each in drawing.folded(line, 33))  # fmt: skip
        fine(["".join(text for text, _ in line) for line in lines], 33)


def without_markup(app):
    """Nothing on the screen leads elsewhere, or does something when it is clicked."""
    strips = app.screen._compositor.render_strips()  # noqa: SLF001
    styles = [part.style for strip in strips for part in strip if part.style]
    assert styles
    assert not [style for style in styles if style.link or "@click" in style.meta]


def fine(lines, width):
    """Each line printable, and no wider than that."""
    for line in lines:
        assert all(ch.isprintable() for ch in masked(line)), line
        assert columns(line) <= width, line


def test_folding_ends_at_any_width():
    line = (("a word-that-is-long 漢字漢字漢字 x", "dim"), ("  ", ""), ("", "strong"))
    for width in range(1, 30):
        found = drawing.folded(line, width)
        assert "".join(t for each in found for t, _ in each).replace(" ", "") == (
            "aword-that-is-long漢字漢字漢字x"
        )
