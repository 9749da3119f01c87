"""The board on a terminal of a test: no feed is followed, and boards come when told."""

from fleetfeed.board.following import Seen
from fleetfeed.board.model import Board
from fleetfeed.board.terminal import BoardApp
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.repo.location import Where
from fleetfeed.repo.view import View

REF = "refs/heads/main"


class Still:
    """What stands still: a board of a feed, and others when a test has them."""

    def __init__(self, feed, board):
        where = Where("feed", REF, "origin", None, None)
        view = View(feed, "a" * 40, where, f"{REF} of origin, asked just now")
        self.seen = Seen(1, board, view, board.now)
        self.stopped = False

    def start(self, on_change):
        self.on_change = on_change

    def stop(self, seconds=0.5):
        del seconds
        self.stopped = True

    def ask(self, question):
        question.ask(self.seen.view)


def app_of(feed: Snapshot, board: Board) -> tuple[BoardApp, Still]:
    """An app of it, at the time of its board, and what it follows."""
    still = Still(feed, board)
    return BoardApp(still, lambda: still.seen.asked), still


def screen_text(app):
    """What stands on the screen, line by line."""
    width = app.size.width
    lines = app.screen._compositor.render_strips()  # noqa: SLF001 - textual has no other way
    return [line.text.rstrip()[:width] for line in lines]
