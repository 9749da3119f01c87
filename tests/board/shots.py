"""Pictures of the board's page: `make board-shots`, or `python -m board.shots FOLDER`.

Into FOLDER go those that the docs show; with `--all` one for each width, light and dark.
"""

import sys
import tempfile
import time
from pathlib import Path

from board.browser import chromium
from board.gen_lively import Lively

from fleetfeed.board.gather import gather
from fleetfeed.board.page import page
from fleetfeed.lease.estimate import binding_lease

SHOWN = {"board-light": (1280, 800, "light"), "board-small-dark": (390, 844, "dark")}
ALL = {
    f"board-{width}-{scheme}": (width, height, scheme)
    for width, height in ((320, 700), (768, 1024), (1280, 900), (2560, 1440))
    for scheme in ("light", "dark")
}


def lively_page() -> str:
    """The page of a made-up fleet, as of now."""
    now = time.time()
    made = Lively(now)
    feed, refused = made.feed, made.refused
    board = gather(
        feed, lambda item: binding_lease(feed, item, now), refused, 30 * 24 * 3600, now
    )
    return page(
        board, commit="4f1c0d9e2a", age="refs/heads/main of origin, asked just now"
    )


def main(folder: Path, shots: dict[str, tuple[int, int, str]]) -> None:
    """Take them."""
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


if __name__ == "__main__":
    flags = [arg for arg in sys.argv[1:] if arg != "--all"]
    main(Path(flags[0]), ALL if "--all" in sys.argv else SHOWN)
