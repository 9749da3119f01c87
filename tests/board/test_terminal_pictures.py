"""What the board looks like on a terminal, letter by letter and colour by colour.

The pictures are textual's own screenshots, kept by syrupy (`pytest-textual-snapshot`
does just that, and is built for pytest 8 alone); `pytest --snapshot-update` writes
them anew. Look at them then.
"""

import asyncio
import re

import pytest
from board.scenes import board_of, snapshot
from board.terminal_scene import app_of
from syrupy.extensions.image import SVGImageSnapshotExtension

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot

SMALL, LARGE, NARROW = (80, 24), (200, 60), (40, 12)
VIEWS = {
    "items": [],
    "filtered": ["slash", *"src/a", "enter", "f"],
    "item": ["n", "enter"],
    "help": ["question_mark"],
    "beside": ["p"],
}


@pytest.fixture
def picture(snapshot):
    return snapshot.use_extension(SVGImageSnapshotExtension)


def taken(feed, keys, size):
    """The screen after `keys`; a browser that shows it loads no font for it."""

    async def run():
        app, _ = app_of(feed, board_of(feed))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
            return app.export_screenshot(title="fleetfeed board")

    return re.sub(r"@font-face \{[^}]*\}\s*", "", asyncio.run(run()))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x60"])
@pytest.mark.parametrize("keys", VIEWS.values(), ids=VIEWS)
def test_what_it_looks_like(picture, keys, size):
    assert taken(snapshot(), keys, size) == picture


def test_what_it_looks_like_on_a_narrow_one(picture):
    assert taken(snapshot(), [], NARROW) == picture


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x60"])
def test_what_it_looks_like_where_nothing_is_open(picture, size):
    files = {"policy.yaml": b"ref: refs/heads/main\n"}
    assert taken(Snapshot(from_files(files)), [], size) == picture
