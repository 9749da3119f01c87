"""The board on a terminal: it follows the feed, and has keys to find things in it.

Only lines that are seen are drawn, so it is as quick with a thousand items as with ten.
Colours are the terminal's own, light or dark as that is.
"""

import gc
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Region, Size
from textual.message import Message as Told
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from fleetfeed.board import drawing
from fleetfeed.board.changes import changes, sentence
from fleetfeed.board.drawing import Drawn, cut, folded
from fleetfeed.board.following import Question, Seen
from fleetfeed.board.model import ALERTS, WORDS, Board, Row
from fleetfeed.board.selection import SORTS, Wanted, selected
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


_STYLES = {
    "": Style(),
    "dim": Style(dim=True),
    "strong": Style(bold=True),
    "title": Style(bold=True, underline=True),
    "IN_PROGRESS": Style(color="blue"),
    "AWAITING_CLAIM": Style(color="cyan"),
    "IN_LINE": Style(color="magenta"),
    "BLOCKED": Style(color="red"),
    "PARKED": Style(dim=True),
    "UNREADABLE": Style(color="red", bold=True),
    "DONE": Style(dim=True),
    "CANCELLED": Style(dim=True),
    "unreadable": Style(color="red", bold=True),
    "over": Style(color="red", bold=True),
    "stuck": Style(color="red"),
    "turn": Style(color="green", bold=True),
    "soon": Style(color="yellow", bold=True),
    "notes": Style(color="blue"),
    "live": Style(color="green"),
    "new": Style(bold=True, underline=True),
}
_CURSOR = Style(reverse=True, bold=True)

_SIDE = 150
"""Columns from which on there is room for the panel beside the items."""

_LOW = 18
"""Lines from which on there is room for what is told of the item at the cursor."""

_MARKED = 5.0
"""Seconds for which an item is marked in which something has changed."""


def strip(line: Drawn, width: int, over: Style | None = None) -> Strip:
    """A line as it is drawn; with `over` all of it is so, whatever its tones."""
    made = [Segment(text, over or _STYLES[tone]) for text, tone in line]
    return Strip(made).extend_cell_length(width, over).crop(0, width)


class Lines(Widget):
    """Some lines, each cut to the width that there is."""

    def __init__(self, lines: Callable[[int], Iterable[Drawn]], id: str) -> None:  # noqa: A002 - textual's word
        """`lines` is asked for them, with the width."""
        super().__init__(id=id)
        self._lines, self._known = lines, list[Drawn]()

    def again(self) -> None:
        """Draw them anew."""
        self._known = list(self._lines(self.size.width))
        self.refresh()

    def on_resize(self) -> None:
        """Draw them in the new width."""
        self.again()

    def render_line(self, y: int) -> Strip:
        """One of them."""
        width = self.size.width
        line = self._known[y] if y < len(self._known) else ()
        return strip(cut(line, width), width)


class Folded(ScrollView, can_focus=True):
    """Lines of any length, in as many as they need, which can be scrolled."""

    def __init__(self, lines: Callable[[], Iterable[Drawn]], id: str) -> None:  # noqa: A002
        """`lines` is asked for them."""
        super().__init__(id=id)
        self._lines, self._known = lines, list[Drawn]()

    def again(self) -> None:
        """Draw them anew."""
        width = max(8, self.scrollable_content_region.width)
        self._known = [each for line in self._lines() for each in folded(line, width)]
        self.virtual_size = Size(width, len(self._known))
        self.refresh()

    def on_resize(self) -> None:
        """Draw them in the new width."""
        self.again()

    def render_line(self, y: int) -> Strip:
        """One of them."""
        place, width = y + round(self.scroll_offset.y), self.size.width
        line = self._known[place] if place < len(self._known) else ()
        return strip(line, width)


class Items(ScrollView, can_focus=True):
    """The items, one a line, and a cursor that stays with its item."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "a page up", show=False),
        Binding("pagedown,space", "page(1)", "a page down", show=False),
        Binding("home,g", "move(-1000000)", "the first", show=False),
        Binding("end,G", "move(1000000)", "the last", show=False),
        Binding("enter", "open", "open", show=False),
    ]

    class Moved(Told):
        """The cursor is at another item."""

    class Opened(Told):
        """An item is to be opened."""

    def __init__(self) -> None:
        """Nothing is there yet."""
        super().__init__(id="items")
        self._board: Board | None = None
        self._rows, self._at = list[Row](), 0
        self.marked = frozenset[str]()

    @property
    def row(self) -> Row | None:
        """The item at the cursor."""
        return self._rows[self._at] if self._rows else None

    def show(self, board: Board, rows: list[Row]) -> None:
        """Show these; the cursor stays with its item, or where it was."""
        name = self.row.item if self.row else ""
        offset = self._at - round(self.scroll_offset.y)
        self._board, self._rows = board, rows
        places = {row.item: place for place, row in enumerate(rows)}
        self._at = places.get(name, max(0, min(self._at, len(rows) - 1)))
        self.virtual_size = Size(self.size.width, len(rows))
        # At the top the newest is to be seen; further down nothing moves.
        if round(self.scroll_offset.y):
            self.scroll_to(y=max(0, self._at - offset), animate=False, force=True)
        self._keep_in_view()
        self.refresh()
        self.post_message(self.Moved())

    def render_line(self, y: int) -> Strip:
        """One item."""
        place, width = y + round(self.scroll_offset.y), self.size.width
        if self._board is None or place >= len(self._rows):
            words = "  no item is like that" if not self._rows and y == 0 else ""
            return strip(((words, "dim"),), width)
        row = self._rows[place]
        line = drawing.item(self._board, row, width)
        if row.item in self.marked:
            line = tuple((t, "new" if t.strip() == row.item else s) for t, s in line)
        return strip(line, width, _CURSOR if place == self._at else None)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._at = max(0, min(self._at + by, len(self._rows) - 1))
        self._keep_in_view()
        self.refresh()
        self.post_message(self.Moved())

    def action_page(self, by: int) -> None:
        """Move it by what is seen."""
        self.action_move(by * max(1, self.size.height - 1))

    def action_open(self) -> None:
        """Open the item at the cursor."""
        if self._rows:
            self.post_message(self.Opened())

    def to(self, place: int) -> None:
        """Put the cursor at a line."""
        self.action_move(place - self._at)

    def to_next(self, names: Collection[str]) -> None:
        """Put it at the next item of these, the first again after the last."""
        count = len(self._rows)
        around = ((self._at + 1 + by) % count for by in range(count))
        place = next((at for at in around if self._rows[at].item in names), None)
        if place is not None:
            self.to(place)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there; open what it is at already."""
        place = event.y + round(self.scroll_offset.y)
        if place == self._at:
            self.action_open()
        elif place < len(self._rows):
            self.to(place)

    def _keep_in_view(self) -> None:
        region = Region(0, self._at, max(1, self.size.width), 1)
        self.scroll_to_region(region, animate=False, force=True)


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
