"""Pictures of the board's faces: `make board-shots`, or `python -m board.shots FOLDER`.

Into FOLDER go those that the docs show; with `--all` the page at each width, light and
dark, the live page in each of its states, and the terminal in each of its.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from board.browser import chromium
from board.gen_lively import Lively
from board.live import ended, served, soon
from board.scenes import landed_unasked
from board.terminal_scene import app_of
from harness import Fleet, make_home

from fleetfeed.board.gather import gather
from fleetfeed.board.page import page
from fleetfeed.lease.estimate import binding_lease

SHOWN = {"board-light": (1280, 800, "light"), "board-small-dark": (390, 844, "dark")}
ALL = {
    f"board-{width}-{scheme}": (width, height, scheme)
    for width, height in ((320, 700), (768, 1024), (1280, 900), (2560, 1440))
    for scheme in ("light", "dark")
}
TERMINAL = {"board-terminal": ((110, 30), ("j", "j"))}
TERMINALS = {
    "terminal-80x24": ((80, 24), ()),
    "terminal-200x60": ((200, 60), ("j", "j")),
    "terminal-opened": ((110, 30), ("enter",)),
    "terminal-search": ((80, 24), ("slash", *"lexer")),
    "terminal-panel": ((80, 24), ("p",)),
    "terminal-help": ((80, 24), ("question_mark",)),
}
"""By name: columns and lines, and the keys that are pressed."""


def lively_board(made):
    """The board of a made-up fleet, as of now."""
    feed, now = made.feed, made.now
    return gather(
        feed,
        lambda item: binding_lease(feed, item, now),
        made.refused,
        30 * 24 * 3600,
        now,
    )


def lively_page() -> str:
    """Its page."""
    board = lively_board(Lively(time.time()))
    return page(
        board, commit="4f1c0d9e2a", age="refs/heads/main of origin, asked just now"
    )


def terminals(shots) -> dict[str, str]:
    """The terminal's by name, as textual draws itself."""
    made = Lively(time.time())
    board = lively_board(made)

    async def drawn(size, keys):
        app, _ = app_of(made.feed, board)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
            return app.export_screenshot(title="fleetfeed board")

    return {name: asyncio.run(drawn(*how)) for name, how in shots.items()}


def taken(browser, file: Path, drawing: str) -> None:
    """A picture of what is drawn."""
    tab = browser.new_page()
    tab.set_content(drawing)
    tab.locator("svg").first.screenshot(path=file)
    tab.close()
    print(file)


def live_states(browser, folder: Path) -> None:
    """Take the live page's: as it follows, when something changed, without its server."""
    with tempfile.TemporaryDirectory() as there:
        os.environ.update(make_home(Path(there) / "home"))
        fleet = Fleet.make(Path(there) / "fleet")
        fleet.first()
        files = Lively(time.time()).files
        landed_unasked(fleet, {f"feed/{name}": text for name, text in files.items()})
        seat = fleet.seat("CAMBER-06")
        with served(seat) as (process, port):
            tabs = {
                f"{width}-{scheme}": browser.new_page(
                    viewport={"width": width, "height": 800}, color_scheme=scheme
                )
                for width, scheme in ((1280, "light"), (390, "dark"))
            }

            def take(state: str) -> None:
                for name, tab in tabs.items():
                    file = folder / f"live-{state}-{name}.png"
                    tab.screenshot(path=file)
                    print(file)

            def word(tab) -> str:
                return tab.locator("#link").inner_text().strip()

            for tab in tabs.values():
                tab.goto(f"http://127.0.0.1:{port}/")
                soon(lambda tab=tab: word(tab) == "live")
            take("follows")
            new = ("--new", "CMB", "--subject", "Draw the map of the harbour")
            key = ("--surface", "CAMBER:file:map/harbour", "--lease", "30m")
            seat.fleetfeed("claim", *new, *key, "--proof", "no other map of it")
            for tab in tabs.values():
                soon(lambda tab=tab: tab.locator(".is-new").count())
            take("changed")
            ended(process)
            for tab in tabs.values():
                soon(lambda tab=tab: word(tab).startswith("no answer"))
            take("lost")


def main(folder: Path, shots: dict[str, tuple[int, int, str]]) -> None:
    """Take them."""
    everything = shots is ALL
    # Before there is a browser: its driver has a loop of its own.
    drawings = terminals(TERMINALS if everything else TERMINAL)
    with tempfile.TemporaryDirectory() as there, chromium() as browser:
        file = Path(there) / "board.html"
        file.write_text(lively_page(), "utf-8")
        for name, (width, height, scheme) in shots.items():
            size = {"width": width, "height": height}
            tab = browser.new_page(viewport=size, color_scheme=scheme)
            tab.goto(f"file://{file}")
            tab.screenshot(path=folder / f"{name}.png")
            tab.close()
            print(folder / f"{name}.png")
        for name, drawing in drawings.items():
            taken(browser, folder / f"{name}.png", drawing)
        if everything:
            live_states(browser, folder)


if __name__ == "__main__":
    flags = [arg for arg in sys.argv[1:] if arg != "--all"]
    main(Path(flags[0]), ALL if "--all" in sys.argv else SHOWN)
