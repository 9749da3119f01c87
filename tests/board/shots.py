"""Pictures of the board's faces: `make board-shots`, or `python -m board.shots FOLDER`.

Into FOLDER go those that the docs show; with `--all` the page at each width, light and
dark, in each state of its use (filtered, sorted, by keyboard, scrolled, on paper, at
twice the size), the live page in each of its, and the terminal in each of its. Pictures
have 256 colours: that is a third of the bytes, and nobody sees it.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from board.browser import chromium, with_large_text
from board.gen_lively import Lively
from board.live import ended, served, soon
from board.scenes import landed_unasked
from board.terminal_scene import app_of
from harness import Fleet, make_home
from PIL import Image

from fleetfeed.board.gather import gather
from fleetfeed.board.page import page
from fleetfeed.lease.estimate import binding_lease


@dataclass(frozen=True, slots=True)
class Shot:
    """A window, light or dark, and what is done in it before the picture is taken."""

    width: int
    height: int
    scheme: str = "light"
    act: Callable[[object], None] | None = None
    zoom: int = 1
    letters: int = 16


def _filtered(tab) -> None:
    tab.select_option("[name=lane]", "ORA")
    tab.fill("[name=q]", "map")


def _by_keyboard(tab) -> None:
    tab.keyboard.press("/")
    tab.keyboard.type("lexer")
    for _ in range(5):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")


def _scrolled(tab) -> None:
    tab.mouse.move(400, 500)
    tab.mouse.wheel(0, 1500)
    soon(lambda: tab.evaluate("scrollY") > 1000)


SHOWN = {
    "board-light": Shot(1280, 800),
    "board-small-dark": Shot(390, 844, "dark"),
}
ALL = {
    f"board-{width}-{scheme}": Shot(width, height, scheme)
    for width, height in ((320, 700), (768, 1024), (1280, 900), (2560, 1440))
    for scheme in ("light", "dark")
} | {
    "board-filtered": Shot(1280, 800, act=_filtered),
    "board-sorted": Shot(1280, 800, act=lambda tab: tab.get_by_role("button", name="Holder").click()),
    "board-by-keyboard": Shot(1280, 800, act=_by_keyboard),
    "board-scrolled": Shot(1280, 800, act=_scrolled),
    "board-on-paper": Shot(794, 1123, act=lambda tab: tab.emulate_media(media="print")),
    "board-zoom-200": Shot(640, 450, zoom=2),
    "board-letters-200": Shot(1280, 900, letters=32),
}  # fmt: skip
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

    async def played(size, keys):
        app, _ = app_of(made.feed, board)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
            return app.export_screenshot(title="fleetfeed board")

    return {name: asyncio.run(played(*how)) for name, how in shots.items()}


def kept(file: Path) -> None:
    """Make a picture small, and say that it is there."""
    with Image.open(file) as whole:
        # By coverage: of a few letters in one colour that stays, too.
        few = whole.convert("RGB").quantize(
            256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    few.save(file, optimize=True)
    print(file)


def drawn(browser, file: Path, drawing: str) -> None:
    """A picture of what textual drew."""
    tab = browser.new_page()
    tab.set_content(drawing)
    tab.locator("svg").first.screenshot(path=file)
    tab.close()
    kept(file)


def taken(browser, file: Path, page_: Path, shot: Shot) -> None:
    """A picture of the page."""
    how = {
        "viewport": {"width": shot.width, "height": shot.height},
        "color_scheme": shot.scheme,
        "device_scale_factor": shot.zoom,
    }
    with tempfile.TemporaryDirectory() as own:
        large = shot.letters != Shot.letters
        context = (
            with_large_text(browser, Path(own) / "own", shot.letters, **how)
            if large
            else browser.new_context(**how)
        )
        tab = context.new_page()
        tab.goto(f"file://{page_}")
        if shot.act:
            shot.act(tab)
        tab.screenshot(path=file)
        context.close()
    kept(file)


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
                f"{width}-{scheme}": browser.new_context(
                    viewport={"width": width, "height": 800}, color_scheme=scheme
                ).new_page()
                for width, scheme in ((1280, "light"), (390, "dark"))
            }

            def take(state: str) -> None:
                for name, tab in tabs.items():
                    file = folder / f"live-{state}-{name}.png"
                    tab.screenshot(path=file)
                    kept(file)

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
        with served(seat, port):
            seat.fleetfeed("block", "CMB-0100", "--reason", "the sheets are not here")
            for tab in tabs.values():
                soon(lambda tab=tab: "CMB-0100: blocked" in tab.content())
            take("again")
            more = [tabs["1280-light"].context.new_page() for _ in range(5)]
            for tab in more:
                tab.goto(f"http://127.0.0.1:{port}/")
                soon(lambda tab=tab: word(tab).startswith("live"))
            more[-1].screenshot(path=folder / "live-many-tabs.png")
            kept(folder / "live-many-tabs.png")


def main(folder: Path, shots: dict[str, Shot]) -> None:
    """Take them."""
    everything = shots is ALL
    folder.mkdir(parents=True, exist_ok=True)
    # Before there is a browser: its driver has a loop of its own.
    drawings = terminals(TERMINALS if everything else TERMINAL)
    with tempfile.TemporaryDirectory() as there, chromium() as browser:
        file = Path(there) / "board.html"
        file.write_text(lively_page(), "utf-8")
        for name, shot in shots.items():
            taken(browser, folder / f"{name}.png", file, shot)
        for name, drawing in drawings.items():
            drawn(browser, folder / f"{name}.png", drawing)
        if everything:
            live_states(browser, folder)


if __name__ == "__main__":
    flags = [arg for arg in sys.argv[1:] if arg != "--all"]
    main(Path(flags[0]), ALL if "--all" in sys.argv else SHOWN)
