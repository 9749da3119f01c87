"""What all commands that write have in common: their flags, and the way to the feed."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from fleetfeed.cli.context import Interrupted, Shell, json_flag, with_shell
from fleetfeed.cli.fields import (
    Flag,
    checked_field,
    field_flags,
    given_fields,
    held_epoch,
    said_by,
)
from fleetfeed.cli.places import Given, as_given, told_by
from fleetfeed.cli.words import Command, option
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.contract import Ok
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import status
from fleetfeed.util.records import record, replace
from fleetfeed.writing.beat_memory import stale
from fleetfeed.writing.idempotency import (
    ExpectedPost,
    Plan,
    WriteRequest,
    new_op,
    utc_now,
)
from fleetfeed.writing.kept_file import nudge
from fleetfeed.writing.request import Request
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import rehearse, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.cli.output import Answer, More

_LONGEST = 86400
"""Seconds: nobody tries for longer than a day."""

timeout_flag = option(
    "--timeout", default="30s", show_default=True, help="How long to keep trying."
)
approval_flag = option(
    "--approval",
    multiple=True,
    metavar="LINE",
    help="What `fleetfeed approve` printed for it; may be repeated.",
)
_OPTIONS = (
    timeout_flag,
    option("--dry-run", is_flag=True, help="Judge and print the post; push none."),
    option("--op", metavar="ID", help="This command's id: run again, it posts once."),
    json_flag,
)


def writes(*without: str) -> Callable[[Command], Command]:
    """Gives a command the Shell, all field flags but those `without`, and all others.

    It gets what the flags say by keyword.
    """

    def add(command: Command) -> Command:
        command = with_shell(command)
        for flag in reversed(_OPTIONS):
            command = flag(command)
        if "approval" not in without:
            command = approval_flag(command)
        return field_flags(*without)(command)

    return add


@record
class Writer:
    """One writing command under way; made from its flags."""

    shell: Shell
    request: Request
    fresh: bool
    seconds: float
    dry_run: bool
    given: Given | None
    approvals: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, shell: Shell, flags: Mapping[str, Flag], item: str = "", **said: str
    ) -> "Writer":
        """The command with these flags, about `item`. Usage where one cannot be.

        `said` are fields that other flags of the command say, with their names.
        """
        seat = flags["seat"]
        if seat is None:
            seat = shell.seat
            _tell_if_shared(shell, seat)
        given = given_fields({**flags, "state": None, "seat": seat})
        op = flags.get("op")
        epoch = held_epoch(flags["epoch"], item) if "epoch" in flags else ()
        known = new_op() if op is None else checked_field("op", str(op))
        return cls(
            shell,
            Request({"AT": utc_now(), "OP": known, **given}, *epoch),
            fresh=op is None,
            seconds=seconds_of("timeout", str(flags["timeout"])),
            dry_run=bool(flags.get("dry_run")),
            given={**said_by(flags), **said},
            approvals=_approvals(flags.get("approval")),
        )

    def land(
        self,
        plan: Plan,
        *expected: ExpectedPost,
        more: "Callable[[Snapshot], More] | None" = None,
        watched: frozenset[str] = frozenset(),
        own: Iterable[str] = (),
        work: bool = False,
        newest: bool = False,
        takes_any: bool = False,
    ) -> None:
        """Write what `plan` makes, and print the answer.

        By `expected` the posts of this command are told from another's when it is run
        again under the same op. `watched` are items that it has itself seen lapse,
        `own` are those that it takes for its seat's own. `work`: what it takes up is
        told in full. `newest`: it depends on all that is on the feed. `takes_any`: it
        takes one of what awaits its claim, whichever nobody else is at.
        """
        op, ledger = self.request.op, self.shell.ledger
        wanted = self.wanted(
            plan,
            *expected,
            watched=watched,
            own=own,
            newest=newest,
            takes_any=takes_any,
        )
        with told_by(self.given):
            judged = rehearse(ledger, wanted, self.seconds) if self.dry_run else None
        if judged:
            found = as_given(judged.warnings, judged.texts, self.given)
            judged = replace(judged, warnings=found)
            from fleetfeed.cli.output import Asked, would_be  # late, as below

            asked = Asked(self.request, ledger.where.ref, work)
            would_be(self.shell, judged, asked).show(self.shell)
            return
        with _interruption_explained(op):
            self.tell(self.sent(wanted), more=more, work=work)

    def wanted(
        self,
        plan: Plan,
        *expected: ExpectedPost,
        watched: frozenset[str] = frozenset(),
        own: Iterable[str] = (),
        newest: bool = False,
        takes_any: bool = False,
    ) -> WriteRequest:
        """What is to be written (see `land`)."""
        held = tuple(item for item in own if self.request.epoch_of(item) is None)
        known = (self.request.op, plan, self.fresh, expected, watched, held)
        return WriteRequest(
            *known,
            self.approvals,
            # A reason is given for taking something away: by what is there now.
            newest=newest or self.request.reason,
            takes_any=takes_any,
            meanwhile=self._be_ready,
        )

    def sent(self, wanted: WriteRequest) -> Ok:
        """Write it; nothing is printed."""
        with told_by(self.given):
            try:
                policy = RetryPolicy(self.seconds, show_retry)
                ledger, seat = self.shell.ledger, self.request.seat
                ok = write(ledger, wanted, policy, seat)
            finally:
                status("")
        self._tell_those_who_beat(ok)
        return ok

    def _tell_those_who_beat(self, ok: Ok) -> None:
        """What this clone beats for may be held no more, or more may be."""
        folder = self.shell.repo.common_folder
        stale(folder, self.request.seat)
        nudge(folder, {post.item for post in ok.posts if post.item})

    def tell(
        self,
        ok: Ok,
        *,
        more: "Callable[[Snapshot], More] | None" = None,
        work: bool = False,
    ) -> None:
        """Print the answer to what was written."""
        with told_by(self.given):
            found = as_given(ok.warnings, _texts(ok), self.given, written=True)
            ok = replace(ok, warnings=found)
            from fleetfeed.cli.landed import answer_to  # late: see there
            from fleetfeed.cli.output import Asked

            asked = Asked(self.request, self.shell.ledger.where.ref, work)
            answer = answer_to(self.shell, asked, ok, more)
            _show(answer, self.request.op, self.shell)

    def _be_ready(self) -> None:
        from fleetfeed.cli.landed import be_ready

        be_ready(self.shell)


def _approvals(given: Flag) -> tuple[str, ...]:
    """The lines by which others agree. Usage where one is none."""
    if not isinstance(given, tuple) or not given:
        return ()
    from fleetfeed.writing.approving import approval_line  # late: few have any

    return tuple(map(approval_line, given))


def _texts(ok: Ok) -> Mapping[str, str]:
    """The posts that were written, by their paths."""
    tree = ok.feed.tree
    within = {post.path: post.path.removeprefix(f"{tree.folder}/") for post in ok.posts}
    rows = ((path, at, tree.entry(at)) for path, at in within.items())
    return {path: tree.content(e, at).decode() for path, at, e in rows if e}


def _tell_if_shared(shell: Shell, seat: str) -> None:
    """Warn once where another worktree of this clone has the same seat."""
    git = shell.work_tree and os.path.join(shell.work_tree, ".git")
    if git and (os.path.isfile(git) or os.path.isdir(os.path.join(git, "worktrees"))):
        from fleetfeed.cli.seat import shared_lines
        from fleetfeed.install.seat import newly_shared

        for line in shared_lines(seat, newly_shared(shell.repo.git, shell.top, seat)):
            shell.remark(line)


@contextlib.contextmanager
def _interruption_explained(op: str) -> Iterator[None]:
    """On Ctrl-C, say how to find out what became of the write."""
    try:
        yield
    except KeyboardInterrupt as error:
        todo = f"the same command with --op {op} finds its post, or writes it"
        raise Interrupted(f"interrupted; {todo}", op) from error


def _show(answer: "Answer", op: str, shell: Shell) -> None:
    """Print it. CannotTell where standard output cannot take it, as on a full disk."""
    try:
        answer.show(shell)
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"it was written, and the answer cannot be printed ({error.strerror})"
        todo = f"the same command with --op {op} gives it again"
        raise CannotTell(f"{message}; {todo}") from error


def seconds_of(flag: str, text: str) -> float:
    """The seconds that a flag says. Usage where it is no span of time."""
    found = durations.seconds(text)
    if found is None:
        raise Usage(f"--{flag} '{printable(text)}' is no span of time; write 30s or 2m")
    if found > _LONGEST:
        raise Usage(f"--{flag} '{printable(text)}' is more than a day; write less")
    return float(found)


def show_retry(why: str) -> None:
    """Why there will be another try, on a terminal; nothing ends it."""
    status(f"{printable(why)}; trying again …" if why else "")
