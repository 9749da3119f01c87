"""What the board is made of on a terminal: lines, and the list of items.

Only lines that are seen are drawn, so it is as quick with a thousand items as with ten.
Colours are the terminal's own, light or dark as that is.
"""

from collections.abc import Callable, Collection, Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message as Told
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from fleetfeed.board import drawing
from fleetfeed.board.drawing import Drawn, cut, folded
from fleetfeed.board.model import Board, Row

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
