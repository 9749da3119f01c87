"""The board as it is, and anew when the feed has moved or time has changed it.

For faces that stay open: one thread asks, however many look on. About once a second it
looks at one ref, or is told by a ledger that speaks unasked; now and then it asks for
the beats, by which leases are told, and for what the server has refused.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from fleetfeed.board.gather import gather
from fleetfeed.board.model import Board
from fleetfeed.git.queries import is_within
from fleetfeed.ledger.fleet import FleetLedger
from fleetfeed.model.errors import FleetfeedError, GitFailed
from fleetfeed.model.refused import Refused
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.util.crashlog import report_crash
from fleetfeed.util.durations import in_words
from fleetfeed.util.records import record, replace
from fleetfeed.writing.estimates import LeaseEstimates

EVERY = 1.1
"""Seconds from one look at the feed to the next, at least.

With what else is asked, it is one question a second.
"""

_BEATS, _REFUSED, _TIME = 15.0, 60.0, 15.0
"""Seconds until beats and refusals are asked for again, and time is let pass."""

_PATIENT = 10.0
"""Seconds between two looks at a ledger that does not answer, at most."""


_SILENT = 10.0
"""Seconds without an answer after which a board says that it is old."""

_ANEW = 50
"""Boards after which the feed is opened anew: what is remembered of old ones goes."""


@record
class Opened:
    """A feed as it is opened: its repository, its ledger, and what was refused.

    `in_git` says that it is a history of commits, which somebody may move back.
    """

    repo: Repo
    ledger: FleetLedger
    refused: Callable[[], Refused | None]
    in_git: bool = True


@record
class Question:
    """What is asked of the newest feed; `failed` is told why that cannot be."""

    ask: Callable[[View], None]
    failed: Callable[[str], None]


@record
class Seen:
    """A board and the feed that it is of.

    `number` counts boards, `asked` is when the ledger answered last (seconds of UTC);
    `trouble` says why it does not answer now. `lost` is a commit of the feed that is
    no more in it, since it was moved back.
    """

    number: int
    board: Board
    view: View
    asked: float
    trouble: str = ""
    lost: str = ""

    def doubt(self, now: float) -> tuple[str, str]:
        """Why this may not be what is, in few words and in all; empty where it is."""
        if self.trouble:
            return "the feed does not answer", self.trouble
        silent = now - self.asked
        if silent >= _SILENT:
            words = f"no answer for {in_words(silent)}"
            return words, f"{words}: this is the feed as it was then"
        if self.lost:
            why = f"commit {self.lost[:12]} was in it and is not any more"
            return "the feed was moved back", f"{why}: what it said is lost"
        return "", ""


class Following:
    """The newest board in `seen`, made by a thread of its own."""

    def __init__(self, opened: Callable[[], Opened], span: float) -> None:
        """The feed is read now, with the figures of the last `span` seconds.

        CannotTell where that cannot be.
        """
        self._open, self._span = opened, span
        self._there: Opened | None = None
        self._refused: Refused | None = None
        self._beats_at = self._refused_at = self._made_at = time.monotonic()
        self._stopped, self._wake = False, threading.Event()
        self._asked = deque[Question]()
        self._crashed = ("", "")
        self._on_change: Callable[[Seen], None] = lambda _seen: None
        first = Future[Seen]()
        # All in one thread: what is remembered on disk is open for one alone.
        self._thread = threading.Thread(target=self._run, args=(first,), daemon=True)
        self._started = threading.Event()
        self._thread.start()
        self.seen = first.result()

    def start(self, on_change: Callable[[Seen], None]) -> None:
        """Begin to follow; `on_change` is called, in our thread, after each look.

        That is as well where nothing but `asked` or `trouble` is another.
        """
        self._on_change = on_change
        self._started.set()

    def stop(self, seconds: float = 0.5) -> None:
        """End it; a look that is under way is waited for so long."""
        self._stopped = True
        self._wake.set()
        self._started.set()
        self._thread.join(seconds)

    def ask(self, question: Question) -> None:
        """Have it asked of the newest view, in the thread that may ask it."""
        self._asked.append(question)
        self._wake.set()

    def _run(self, first: "Future[Seen]") -> None:
        try:
            there = self._opened()
            self._refused = there.refused()
            view = there.ledger.view(offline=False)
            seen = Seen(1, self._board(view), view, time.time())
        except BaseException as error:  # noqa: BLE001 - it is raised where that is waited for
            first.set_exception(error)
            return
        first.set_result(seen)
        self._started.wait()
        self._follow()

    def _follow(self) -> None:
        failed = 0
        while not self._stopped:
            began = time.monotonic()
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - a face that stands still lies
                failed += 1
                self._tell(replace(self.seen, trouble=self._why(error)))
            else:
                failed = 0
            pause = min(EVERY * 2**failed, _PATIENT) if failed else EVERY
            self._pause(began + pause)

    def _why(self, error: Exception) -> str:
        """What is wrong. A bug is written down once, and not at each look."""
        if isinstance(error, FleetfeedError):
            return str(error)
        if self._crashed[0] != repr(error):
            self._crashed = repr(error), report_crash(error)
        return self._crashed[1]

    def _pause(self, until: float) -> None:
        """Wait; answer meanwhile who asks."""
        while not self._stopped:
            self._wake.clear()
            while self._asked:
                self._answer(self._asked.popleft())
            left = until - time.monotonic()
            if left <= 0 or self._stopped:
                return
            self._wake.wait(left)

    def _answer(self, question: Question) -> None:
        try:
            question.ask(self.seen.view)
        except Exception as error:  # noqa: BLE001 - who follows on would be lost with it
            question.failed(self._why(error))

    def _look(self) -> None:
        """Ask once, and make the board anew where that is due."""
        seen, now = self.seen, time.monotonic()
        view = self._asked_view(seen.view, now)
        due = now - self._made_at >= _TIME
        if view is self.seen.view and not due:
            self._tell(replace(self.seen, asked=time.time(), trouble=""))
            return
        if seen.number % _ANEW == 0:
            view = self._reopened()
        lost = self._lost(view.commit)
        board = self._board(view)
        self._made_at = now
        asked = time.time()
        self._tell(Seen(seen.number + 1, board, view, asked, lost=lost))

    def _lost(self, commit: str) -> str:
        """A commit that was in the feed and is not in that of `commit`; empty: none."""
        there, known = self._opened(), self.seen.lost or self.seen.view.commit
        if commit == known or not there.in_git:
            return ""
        with suppress(GitFailed):  # where git has thrown it away, it cannot be asked
            if is_within(there.repo.git, known, commit):
                return ""
        return known

    def _asked_view(self, known: View, now: float) -> View:
        """The newest view: `known` where nothing has changed."""
        ledger = self._opened().ledger
        if now - self._refused_at >= _REFUSED:
            self._refused_at, self._made_at = now, -math.inf
            self._refused = self._opened().refused()
        speaks = bool(ledger.clock())  # it says itself what is let go
        if not speaks and now - self._beats_at >= _BEATS:
            self._beats_at = now
            view = ledger.view(offline=False)
            same = view.commit == known.commit and view.refs == known.refs
            return known if same else view
        moved = ledger.moved_from(known, EVERY if speaks else 0.0)
        if moved is None:
            return known
        if moved.commit == known.commit:
            return self._kept(moved)
        # What asks for the feed ref alone is told of no beats.
        return replace(moved, refs=moved.refs or known.refs)

    def _kept(self, view: View) -> View:
        """A view that is no news, which takes the place of the last one."""
        self.seen = replace(self.seen, view=view)
        return self.seen.view

    def _board(self, view: View) -> Board:
        leases = LeaseEstimates(self._opened().repo, view)
        now = time.time()
        return gather(view.snapshot, leases.of, self._refused, self._span, now)

    def _opened(self) -> Opened:
        if self._there is None:
            self._there = self._open()
        return self._there

    def _reopened(self) -> View:
        """The newest view of the feed, opened anew."""
        if self._there is not None:
            self._there.ledger.close()
        self._there = None
        return self._opened().ledger.view(offline=False)

    def _tell(self, seen: Seen) -> None:
        self.seen = seen
        if not self._stopped:
            self._on_change(seen)
