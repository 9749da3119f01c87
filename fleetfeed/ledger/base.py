"""What a store is built on: a tip that can be read, and moved by compare-and-set.

The ledger's contract, and the four ways in which an attempt to move the tip can end.
Each has the `words` that the other side's hooks said, line by line: whether or not they
had their way, they saw it.
"""

from collections.abc import Callable, Mapping

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.identity import Speakers
from fleetfeed.model.liveness import Signs
from fleetfeed.repo.location import Where
from fleetfeed.repo.view import View
from fleetfeed.util.records import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Protocol
else:
    Protocol = object  # a checker alone asks; `typing` takes 4 ms to import


@record
class Tip:
    """The feed as it was read: the commit that the feed ref was at, and its posts."""

    commit: str
    feed: Snapshot


def tip_of(view: View) -> Tip:
    """The tip that `view` has, for who looks on."""
    return Tip(view.commit, view.snapshot)


@record
class Merged:
    """The feed `before` a write was put upon it, and with it: `after`.

    Others had written since the tip that it was built on.
    """

    before: Snapshot
    after: Snapshot


@record
class Accepted:
    """The feed ref was at the tip that was compared, and is at `commit` now.

    Or the other side has put it upon a newer one, and `merged` is that. `remark` says
    what the user should know of it: about a checkout left behind. Not `moved`: the ref
    was at `commit` already, and the other side was not asked. `words` are what its
    hooks said, and `pack` are objects that it has sent along.
    """

    commit: str
    remark: str = ""
    moved: bool = True
    merged: Merged | None = None
    words: tuple[str, ...] = field(default_factory=tuple, compare=False)
    pack: bytes = field(default_factory=bytes, compare=False)


@record
class RaceLost:
    """It lands no more: the feed has moved on, or somebody held its ref's lock.

    What was quicker may be this very try, by a connection that was made twice: so
    nothing is said to be unwritten before the feed was read again.

    `number` says that it was over a number for which another will do, and that who
    looks again finds one that nobody else is about to take.
    """

    why: str
    words: tuple[str, ...] = field(default_factory=tuple, compare=False)
    number: bool = False


@record
class Rejected:
    """Nothing was written: the other side does not want it.

    `broken`: it could not take anything now, whatever is in it (a full disk).
    """

    why: str
    words: tuple[str, ...]
    broken: bool = False


@record
class Unconfirmed:
    """It may have been written, it may not, and it may still be on its way.

    To a `queue` it is: then it may land upon a newer tip, too.
    """

    why: str
    queue: bool = False
    words: tuple[str, ...] = field(default_factory=tuple, compare=False)


Files = Mapping[str, bytes | None]
"""Bytes by their paths in the feed; None takes away what lies at a path."""

Meanwhile = Callable[[], None]
"""What a writer has to do anyway, and may do while it waits."""

Failed = RaceLost | Rejected | Unconfirmed
Outcome = Accepted | Failed


class Sitting(Protocol):
    """What a ledger may have besides, where reading keeps something for the reader."""

    def sitting(self, *, takes_any: bool) -> "AbstractContextManager[None]":
        """One write, from its first reading to its end: then nothing is kept any more.

        With `takes_any`, what is read as the next that awaits its claim no other is
        given in the meantime. Others pass over it, and who finds nothing else looks at
        it all the same.
        """


class Ledger(Protocol):
    """One feed ref. Nothing here judges."""

    @property
    def where(self) -> Where:
        """The feed's place."""

    def read(self, seconds: float) -> Tip:
        """The newest tip, asked for now; CannotTell where it cannot be had in time."""

    def glimpse(self) -> Tip | None:
        """The tip as it was read last, maybe long ago; None where that is of no use.

        It is where the other side puts what is built on it upon its newest, or says
        that this cannot be.
        """

    def swap(
        self,
        tip: Tip,
        files: Files,
        message: str,
        seconds: float,
        any_number: str = "",
        *,
        meanwhile: Meanwhile | None = None,
    ) -> Outcome:
        """Move the feed ref from `tip` to a commit that changes `files`.

        The compare and the set cannot be interleaved with anybody else's. Where the
        other side has a queue, the change may be put upon a newer tip, if it fits as it
        is: but for the new item `any_number`, which may become another. `meanwhile` is
        given with what was seen at a `glimpse`, and not judged before: it may be called
        once, while a queue is waited for, and but for a queue nobody may take it.
        """

    def brought_up(self, tip: Tip) -> str:
        """Bring a checkout of the feed up to `tip`; a sentence where that cannot be."""

    def require_server(self, tip: Tip, seconds: float, *, afresh: bool = False) -> None:
        """CannotTell where the other side is not the server that the policy names.

        What it has said before is believed, unless it is to be asked `afresh`.
        """

    def speakers(self, tip: Tip) -> Speakers | None:
        """Whom a post that is written on `tip` will be taken to come from.

        None where nobody asks for proof, or where the other side alone can tell.
        CannotTell where the feed's rules ask for one that cannot be given here.
        """

    def view(self, *, offline: bool) -> View:
        """What readers read: the feed as it is now, and how fresh that is.

        With `offline` nobody is asked: it is what was fetched last. CannotTell where
        there is no such thing, or it cannot be read.
        """

    def signs(self, tip: Tip) -> Signs | None:
        """The signs of life in the feed at `tip`, by whoever keeps its time.

        None where that is not to be had here: another side may judge by them.
        """

    def keeps_time(self) -> bool:
        """Whether the other side can tell that a lease has lapsed, and judges it."""

    def commit_of(self, tip: Tip, path: str) -> str:
        """The commit that brought the post at `path` of the feed."""
