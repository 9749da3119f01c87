"""What the board on a terminal takes to draw itself again, of a processor."""

import asyncio
import time
from collections.abc import Callable
from itertools import count

from board.terminal_scene import app_of

from bench.world import World
from fleetfeed.board.gather import gather
from fleetfeed.board.model import Board
from fleetfeed.board.terminal import BoardApp
from fleetfeed.board.widgets import Items
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.process import Git
from fleetfeed.ledger.git_fleet import GitFleet
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import replace
from fleetfeed.writing.estimates import LeaseEstimates

SIZES = ((80, 24), (200, 60))
"""Columns and lines of the terminals."""

_DAYS = 30.0 * 86400


def redrawn(world: World, rounds: int) -> dict[tuple[int, int], list[float]]:
    """Milliseconds of each way to have all drawn again, by the terminal's size.

    Each way so many rounds: a newer board, the cursor, a page, a search, an order.
    """
    repo = Repo(Git(str(world.seat.folder)))
    view = GitFleet(repo).view(offline=True)
    leases, now = LeaseEstimates(repo, view), time.time()
    boards = [
        gather(view.snapshot, leases.of, None, _DAYS, at) for at in (now, now + 60)
    ]
    return {
        size: asyncio.run(_drawn(view.snapshot, boards, size, rounds)) for size in SIZES
    }


async def _drawn(
    feed: Snapshot, boards: list[Board], size: tuple[int, int], rounds: int
) -> list[float]:
    app, still = app_of(feed, boards[0])
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        numbers = count(2)

        def newer() -> None:
            number = next(numbers)
            app.take(replace(still.seen, number=number, board=boards[number % 2]))

        items = app.query_one(Items)
        ways: tuple[Callable[[], None], ...] = (
            newer,
            lambda: items.action_move(1),
            lambda: items.action_page(1),
            lambda: app._want(search="module-1"),  # noqa: SLF001 - as if it was typed
            app.action_sort,
        )
        return [_once(app, way) for way in ways for _ in range(rounds)]


def _once(app: BoardApp, way: Callable[[], None]) -> float:
    began = time.process_time()
    way()
    drawn = app.screen._compositor.render_update  # noqa: SLF001 - textual has no other way
    drawn(full=True, screen_stack=app._background_screens)  # noqa: SLF001 - the same
    return (time.process_time() - began) * 1000
