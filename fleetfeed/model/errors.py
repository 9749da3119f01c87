"""What can go wrong, as a small tree of exceptions that carry fields.

Each knows the exit code that it ends a command with; `cli` turns it into words.
"""

from collections.abc import Mapping

from fleetfeed.model.findings import Finding

CANNOT_TELL = "refused, cannot tell:"
"""What a hook says that could not judge; a client knows it by these words."""


class FleetfeedError(Exception):
    """The base of all: one printable sentence, and an exit code.

    `question` is what it answers (a `feed.question.Question`), where a feed was read.
    """

    exit_code = 3
    answer = "cannot tell"
    question: object = None


class Usage(FleetfeedError):
    """The command was called in a way that it cannot be (exit 2)."""

    exit_code = 2
    answer = "usage"


class Refused(FleetfeedError):
    """What was asked is against the rules, or somebody else has it (exit 1).

    `findings` are the judge's, where it was the judge who refused; `words` what the
    server said, line by line, where it was the server. `unwritten` are the texts that
    the judge refused, by the paths that they would have had.
    """

    exit_code = 1
    answer = "refused"

    def __init__(
        self,
        message: str,
        findings: tuple[Finding, ...] = (),
        words: tuple[str, ...] = (),
    ) -> None:
        """`message` says who holds what, or what is wrong, and what to do."""
        super().__init__(message)
        self.findings, self.words = findings, words
        self.unwritten: Mapping[str, str] = {}


class Held(Refused):
    """Somebody has the item or the surface that was asked for.

    `holder` has it through `item`, at `epoch`, since `since` (AT of a post, empty
    where it says none); the holder is empty where the item awaits its claim, `surface`
    where the item itself was asked for. `lease_left` are seconds, by an estimate.
    """

    answer = "held"

    def __init__(
        self,
        message: str,
        *,
        item: str,
        holder: str,
        epoch: int,
        since: str,
        surface: str = "",
        lease_left: float | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        super().__init__(message, findings)
        self.item, self.surface = item, surface
        self.holder, self.epoch, self.since = holder, epoch, since
        self.lease_left = lease_left


class NothingReady(Refused):
    """No item is there that this seat could take up now.

    `listing` is the command, without the program's name, that lists what `lists` says.
    """

    answer = "nothing ready"

    def __init__(self, message: str, listing: tuple[str, ...], lists: str) -> None:
        super().__init__(f"{message}; `fleetfeed {' '.join(listing)}` lists {lists}")
        self.listing = listing


class NoLongerYours(FleetfeedError):
    """The epoch that the caller holds is not the item's any more (exit 4).

    `item` is at `epoch` now; `holder` has it (empty: nobody). `more` says why it is not
    the caller's where epoch and holder do not.
    """

    exit_code = 4
    answer = "no longer yours"

    def __init__(self, item: str, epoch: int, holder: str, more: str = "") -> None:
        from fleetfeed.util.printable import printable

        now = f"{item} is at epoch {epoch}, held by {printable(holder) or 'nobody'}"
        todo = f"`fleetfeed show {item}` says more"
        super().__init__(f"no longer yours: {now}{more}; {todo}")
        self.item, self.epoch, self.holder = item, epoch, holder


class CannotTell(FleetfeedError):
    """What is true could not be read, so nothing is said to be free (exit 3).

    `finding` is filled where a rule stands behind it (FF406, FF410).
    """

    def __init__(self, message: str, finding: Finding | None = None) -> None:
        """`message` says what could not be read and what to do."""
        super().__init__(message)
        self.finding = finding


class Unknown(CannotTell):
    """A write was tried, and whether it landed, or will, is not known.

    The same command with the same `op` finds its own post, or writes it.
    """

    def __init__(self, why: str, op: str) -> None:
        """`why` says what stood in the way."""
        todo = f"the same command with --op {op} finds its post, or writes it"
        super().__init__(f"{why}; {todo}")
        self.why, self.op = why, op


class GitFailed(CannotTell):
    """git ended with an error that nobody expected.

    `args_` is git's command line, `code` its exit code (negative: the signal),
    `stderr` what it said, not yet made safe to print.
    """

    def __init__(self, args_: tuple[str, ...], code: int, stderr: str) -> None:
        from fleetfeed.util.printable import printable

        words = printable(" ".join(stderr.split()) or "it said nothing", 400)
        super().__init__(f"git {args_[0]} failed with code {code}: {words}")
        self.args_, self.code, self.stderr = args_, code, stderr


class TimedOut(GitFailed):
    """git was ended because it took too long."""
