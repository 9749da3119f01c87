"""The board on a terminal: it follows the feed, and has keys to find things in it."""

import gc
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from fleetfeed.board import drawing
from fleetfeed.board.changes import changes, sentence
from fleetfeed.board.drawing import Drawn, cut
from fleetfeed.board.following import Question, Seen
from fleetfeed.board.model import ALERTS, WORDS, Board, Row
from fleetfeed.board.selection import SORTS, Wanted, selected
from fleetfeed.board.widgets import Folded, Items, Lines
from fleetfeed.board.words import EXPLAINED
from fleetfeed.feed.messages import messages, reader
from fleetfeed.repo.view import View
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Followed(Protocol):
        """What follows the feed (`following.Following`)."""

        seen: Seen

        def start(self, on_change: Callable[[Seen], None]) -> None:
            """Begin to follow."""

        def stop(self, seconds: float = 0.5) -> None:
            """End it."""

        def ask(self, question: Question) -> None:
            """Have something asked of the newest feed."""


_SIDE = 150
"""Columns from which on there is room for the panel beside the items."""

_LOW = 18
"""Lines from which on there is room for what is told of the item at the cursor."""

_MARKED = 5.0
"""Seconds for which an item is marked in which something has changed."""


class Opened(ModalScreen[None]):
    """One item, with its posts and what was said about it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "close", show=False)
    ]

    def __init__(self, board: Board, row: Row) -> None:
        """The posts come later."""
        super().__init__()
        self._board, self._row = board, row
        self._told: drawing.Told | str = ""

    def compose(self) -> ComposeResult:
        """A box."""
        with Vertical(id="opened"):
            yield Folded(self._lines, "text")
            yield Lines(lambda _: [((" esc close   ↑↓ scroll", "dim"),)], "opened-keys")

    def on_mount(self) -> None:
        """Draw."""
        self.query_one(Folded).focus()

    def tell(self, told: drawing.Told | str) -> None:
        """Its posts, or why they cannot be read."""
        self._told = told
        self.query_one(Folded).again()

    def _lines(self) -> Iterator[Drawn]:
        yield from drawing.detail(self._board, self._row)
        yield ()
        if isinstance(self._told, drawing.Told):
            yield from drawing.history(self._told)
        elif self._told:
            why = printable(self._told, 800)
            yield ((f"its posts cannot be read: {why}", "over"),)
        else:
            yield (("its posts are being read …", "dim"),)


class Helped(ModalScreen[None]):
    """What the keys are, and what the shapes mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark", "dismiss", "close", show=False)
    ]

    def compose(self) -> ComposeResult:
        """A box."""
        with Vertical(id="opened"):
            yield Folded(_help, "text")
            yield Lines(lambda _: [((" esc close   ↑↓ scroll", "dim"),)], "opened-keys")

    def on_mount(self) -> None:
        """Have the keys scroll it."""
        self.query_one(Folded).focus()


_KEYS = (
    ("↑ ↓ j k", "the item above, below; PgUp, PgDn, Home, End"),
    ("enter", "open the item: its posts, and what was said about it"),
    ("/", "search in all that the board says of an item"),
    ("f, F", "the next state, the one before"),
    ("l, L", "the next lane, the one before"),
    ("s, r", "the next order; the other way round"),
    ("n", "the next item that needs somebody"),
    ("p", "what needs a look, who waits, what is fought over"),
    ("esc", "everything again"),
    ("q", "leave"),
)


def _help() -> Iterator[Drawn]:
    yield (("KEYS", "title"),)
    yield from (((f"{key:<9}", "strong"), (words, "")) for key, words in _KEYS)
    yield ()
    yield (("SHAPES", "title"),)
    for state, shape in drawing.SHAPES.items():
        yield ((f"{shape} {WORDS[state]:<15}", state), (EXPLAINED[state], ""))
    for kind, mark in drawing.MARKS.items():
        yield ((f"{mark} {ALERTS[kind]:<15}", kind), (EXPLAINED[kind], ""))
    yield (("(name)           ", "dim"), ("whose it is, where nobody holds it", ""))


class BoardApp(App[None]):
    """The board; `followed` has the first one, and tells of the next."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "fleetfeed board"
    CSS = """
    Screen { layout: vertical; }
    #head { height: 4; }
    #body { height: 1fr; }
    #left { width: 1fr; }
    #titles { height: 1; }
    Items, Folded { overflow-x: hidden; scrollbar-size-vertical: 1;
        scrollbar-color: ansi_bright_black; scrollbar-color-hover: ansi_bright_black;
        scrollbar-color-active: ansi_default; scrollbar-background: ansi_default;
        scrollbar-background-hover: ansi_default;
        scrollbar-background-active: ansi_default; }
    #items { height: 1fr; }
    #detail { height: 5; border-top: solid ansi_bright_black; }
    #panel { width: 56; padding-left: 2; display: none; }
    .wide #panel { display: block; }
    .low #detail { display: none; }
    .only-panel #left { display: none; }
    .only-panel #panel { display: block; width: 1fr; padding: 0; }
    #search { display: none; height: 1; border: none; padding: 0 1; }
    #search.asked { display: block; }
    #keys { height: 1; }
    Opened, Helped { align: center middle; background: transparent; }
    #opened { width: 90%; max-width: 110; height: 80%; border: round ansi_bright_black;
        padding: 0 1; background: ansi_default; }
    #text { height: 1fr; }
    #opened-keys { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c", "quit", "leave", priority=False, show=False),
        Binding("slash", "search", "search", show=False),
        Binding("f", "state(1)", "state", show=False),
        Binding("F", "state(-1)", "state", show=False),
        Binding("l", "lane(1)", "lane", show=False),
        Binding("L", "lane(-1)", "lane", show=False),
        Binding("s", "sort", "sort", show=False),
        Binding("r", "turn", "the other way", show=False),
        Binding("n", "next_urgent", "next", show=False),
        Binding("p", "panel", "panel", show=False),
        Binding("question_mark", "help", "help", show=False),
        Binding("escape", "everything", "everything", show=False),
    ]

    def __init__(
        self, followed: "Followed", clock: Callable[[], float] = time.time
    ) -> None:
        """Nothing is drawn yet. `clock` tells seconds of UTC."""
        super().__init__()
        self._followed, self._seen, self._clock = followed, followed.seen, clock
        self._wanted, self._news = Wanted(), ""
        self._items = Items()
        self._head = Lines(self._head_lines, "head")
        self._titles = Lines(lambda width: [drawing.titles(width)], "titles")
        self._detail = Lines(self._detail_lines, "detail")
        self._panel = Folded(lambda: drawing.panel(self._seen.board), "panel")
        self._keys = Lines(self._key_lines, "keys")
        self._search = Input(placeholder="search", id="search", compact=True)

    def compose(self) -> ComposeResult:
        """What is seen."""
        yield self._head
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self._titles
                yield self._items
                yield self._detail
            yield self._panel
        yield self._search
        yield self._keys

    def on_mount(self) -> None:
        """Draw the first board, and follow."""
        self.theme = "ansi-dark"
        self._items.focus()
        self.show()
        self._followed.start(self._on_change)
        self.set_interval(1.0, self._head.again)
        # What is here by now stays: to look through it for garbage took 70 ms with a
        # thousand items, in one redraw of twenty.
        gc.freeze()

    def on_unmount(self) -> None:
        """Follow no more."""
        self._followed.stop()

    def on_resize(self, event: events.Resize) -> None:
        """There is room beside the items, or below, or there is not."""
        self.screen_stack[0].set_class(event.size.width >= _SIDE, "wide")
        self.screen_stack[0].set_class(event.size.height < _LOW, "low")
        self.call_after_refresh(self.show)

    def _on_change(self, seen: Seen) -> None:
        """In the thread that asks."""
        if self.is_running:
            self.call_later(self.take, seen)

    def take(self, seen: Seen) -> None:
        """Another board, or when the feed was asked last."""
        before, self._seen = self._seen, seen
        if before.number != seen.number:
            found = changes(before.board, seen.board)
            if found:
                self._news = sentence(found)
                self._items.marked = frozenset(item for item, _ in found)
                self.set_timer(_MARKED, self._unmark)
            self.show()
        else:
            self._head.again()

    def show(self) -> None:
        """Draw what is wanted of the newest board."""
        board = self._seen.board
        self._items.show(board, selected(board, self._wanted))
        for each in (self._head, self._titles, self._detail, self._panel, self._keys):
            each.again()

    def _unmark(self) -> None:
        self._items.marked = frozenset()
        self._items.refresh()

    def _head_lines(self, width: int) -> Iterator[Drawn]:
        seen = self._seen
        yield cut(self._freshness(), width)
        yield from drawing.head(seen.board, width)[:2]
        yield cut(((self._news or " ", "dim"),), width)

    def _freshness(self) -> Drawn:
        """Which feed it is, and when it was asked last."""
        seen = self._seen
        doubt, why = seen.doubt(self._clock())
        if doubt:
            words = (f"▲ {doubt}: {printable(why, 400)}", "over")
        else:
            at = time.strftime("%H:%M:%SZ", time.gmtime(seen.asked))
            words = (f"● live {at}", "live")
        source = seen.view.age.removesuffix(", asked just now")
        return (("fleetfeed board  ", "strong"), words, (f"  {source}", "dim"))

    def _detail_lines(self, width: int) -> list[Drawn]:
        row = self._items.row
        if row is None:
            return []
        return [cut(line, width) for line in drawing.detail(self._seen.board, row)]

    def _key_lines(self, width: int) -> Iterator[Drawn]:
        wanted = self._wanted.words
        said = (
            ((f"{wanted}  ", "strong"), ("esc everything  ", "dim")) if wanted else ()
        )
        keys = "? help  q leave  enter open  / search  f state  l lane  s sort  p panel"
        yield cut((*said, (keys, "dim")), width)

    def on_items_moved(self) -> None:
        """Tell of the item at the cursor."""
        self._detail.again()

    def on_items_opened(self) -> None:
        """Open it, and have its posts read by whom they may be."""
        row = self._items.row
        if row is None:
            return
        opened = Opened(self._seen.board, row)
        self.push_screen(opened)

        def ask(view: View) -> None:
            feed = view.snapshot
            said = messages(feed, row.item, reader(feed.item(row.item)))
            told = drawing.Told(feed.posts(row.item), said)
            self.call_later(opened.tell, told)

        def failed(why: str) -> None:
            self.call_later(opened.tell, why)

        self._followed.ask(Question(ask, failed))

    def _want(self, **changed: object) -> None:
        self._wanted = replace(self._wanted, **changed)  # type: ignore[arg-type]
        self.show()

    def action_search(self) -> None:
        """Ask for a text."""
        self._search.add_class("asked")
        self._search.value = self._wanted.search
        self._search.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while it is typed."""
        if self._search.has_class("asked"):
            self._want(search=event.value)

    def on_input_submitted(self) -> None:
        """Go on with what was found."""
        self._search.remove_class("asked")
        self._items.focus()

    def action_state(self, by: int) -> None:
        """Show the next state."""
        states = ["", *(state for state, _ in self._seen.board.counts)]
        self._want(state=_next(states, self._wanted.state, by))

    def action_lane(self, by: int) -> None:
        """Show the next lane."""
        lanes = ["", *(lane for lane, _ in self._seen.board.lanes if lane)]
        self._want(lane=_next(lanes, self._wanted.lane, by))

    def action_sort(self) -> None:
        """Sort by the next thing."""
        self._want(sort=_next(list(SORTS), self._wanted.sort, 1), down=False)

    def action_turn(self) -> None:
        """Sort the other way round."""
        if self._wanted.sort != SORTS[0]:
            self._want(down=not self._wanted.down)

    def action_next_urgent(self) -> None:
        """Go to the next item that needs somebody."""
        self._items.to_next({alert.item for alert in self._seen.board.alerts})

    def action_panel(self) -> None:
        """Show what needs a look instead of the items, or as well."""
        main = self.screen_stack[0]
        main.toggle_class("only-panel")
        (self._panel if main.has_class("only-panel") else self._items).focus()
        self.call_after_refresh(self.show)

    def action_help(self) -> None:
        """Tell the keys."""
        self.push_screen(Helped())

    def action_everything(self) -> None:
        """Show all again."""
        self._search.remove_class("asked")
        self.screen_stack[0].remove_class("only-panel")
        self._items.focus()
        self._want(search="", state="", lane="", sort=SORTS[0], down=False)
        self.call_after_refresh(self.show)


def _next(all_: list[str], now: str, by: int) -> str:
    """The one after `now`, the first again after the last."""
    place = all_.index(now) if now in all_ else 0
    return all_[(place + by) % len(all_)]


def run(followed: "Followed") -> None:
    """Show the board until somebody leaves it."""
    BoardApp(followed).run()
