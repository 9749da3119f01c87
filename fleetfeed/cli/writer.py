"""What all commands that write have in common: their flags, and the way to the feed."""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping

import click

from fleetfeed.cli.context import Shell
from fleetfeed.cli.fields import Command, Flag, given_fields, held_epoch, utc_now
from fleetfeed.cli.output import Answer, More, won, would_be
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model.errors import CannotTell, NoLongerYours, Refused, Usage
from fleetfeed.model.fields import SPECS
from fleetfeed.model.item import fold
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Post, State, Unreadable, Value
from fleetfeed.model.post_writer import Draft
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import status
from fleetfeed.util.records import record, replace
from fleetfeed.writing.idempotency import ExpectedPost, WriteRequest
from fleetfeed.writing.request import Request
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import found, prepared, write

_OPTIONS = (
    click.option(
        "--timeout", default="30s", show_default=True, help="How long to keep trying."
    ),
    click.option(
        "--dry-run", is_flag=True, help="Judge and print the post; push none."
    ),
    click.option(
        "--op", metavar="ID", help="This command's id: run again, it posts once."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)


def write_flags(command: Command) -> Command:
    """Gives a command the flags that all writing commands have."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


timeout_flag = _OPTIONS[0]


@record
class Writer:
    """One writing command under way; made from its flags."""

    shell: Shell
    asked: Request
    fresh: bool
    seconds: float
    dry_run: bool
    as_json: bool

    @classmethod
    def of(cls, shell: Shell, flags: Mapping[str, Flag], item: str = "") -> "Writer":
        """The command with these flags, about `item`. Usage where one cannot be."""
        seat = shell.seat if flags.get("seat") is None else flags["seat"]
        given = given_fields({**flags, "state": None, "seat": seat})
        op = flags.get("op")
        epoch = held_epoch(flags["epoch"], item) if "epoch" in flags else ()
        return cls(
            shell,
            Request({"AT": utc_now(), "OP": _op(op), **given}, *epoch),
            fresh=op is None,
            seconds=seconds_of("timeout", str(flags["timeout"])),
            dry_run=bool(flags.get("dry_run")),
            as_json=bool(flags.get("as_json")),
        )

    def want(
        self, known: Mapping[str, Value], *, prefix: str = "", later: bool = False
    ) -> ExpectedPost:
        """The post that was asked for, with the fields `known` too (see Want)."""
        said = {**self.asked.fields, **known}
        kept = {name: value for name, value in said.items() if name not in _EACH_RUN}
        return ExpectedPost(kept, prefix, later)

    def beside(self, **known: Value) -> ExpectedPost:
        """Another post of the same command, of which it only says `known`."""
        return ExpectedPost({"SEAT": self.asked.seat, **known})

    def land(
        self,
        plan: Callable[[Snapshot], tuple[Draft, ...]],
        *wants: ExpectedPost,
        more: Callable[[Snapshot], More] = lambda _: More(),
        watched: str = "",
    ) -> None:
        """Land what `plan` makes, and tell the answer.

        By `wants` the posts of this command are told from another's when it is run
        again under the same op. `watched` is an item that it has itself seen lapse.
        """
        intent = replace(self._intent(plan, wants), watched=watched)
        ledger = GitLedger(self.shell.repo)
        if self.dry_run and self._tried(ledger, intent):
            return
        with _interruption_told(intent.op):
            landed = self._landed(ledger, intent)
            answer = won(landed, intent.op, more(landed.feed))
            _answer(answer, intent.op, as_json=self.as_json)

    def again(self, asked: Request, seconds: float) -> "Writer":
        """Another write of the same command, and how long it may try."""
        return replace(self, asked=asked, fresh=True, seconds=seconds)

    def silently(
        self, plan: Callable[[Snapshot], tuple[Draft, ...]], *wants: ExpectedPost
    ) -> Ok:
        """As `land`, for a command that has something else to tell."""
        return self._landed(GitLedger(self.shell.repo), self._intent(plan, wants))

    def _intent(
        self,
        plan: Callable[[Snapshot], tuple[Draft, ...]],
        wants: tuple[ExpectedPost, ...],
    ) -> WriteRequest:
        return WriteRequest(str(self.asked.fields["OP"]), plan, self.fresh, wants)

    def _tried(self, ledger: GitLedger, intent: WriteRequest) -> bool:
        """Tell what would be written; False where it is there already."""
        tip = ledger.read(self.seconds)
        if not self.fresh and found(ledger, tip, intent):
            return False
        would_be(prepared(tip, intent, ledger)).tell(as_json=self.as_json)
        return True

    def _landed(self, ledger: GitLedger, intent: WriteRequest) -> Ok:
        try:
            landed = write(ledger, intent, RetryPolicy(self.seconds, tell_retry))
        finally:
            tell_retry("")
        _must_hold(landed, self.asked.seat)
        return landed


@contextlib.contextmanager
def _interruption_told(op: str) -> Iterator[None]:
    """On Ctrl-C, say how to find out what became of the write."""
    try:
        yield
    except KeyboardInterrupt:
        todo = f"the same command with --op {op} finds its post, or writes it"
        click.echo(f"\nfleetfeed: interrupted; {todo}", err=True)
        raise


def _answer(answer: Answer, op: str, *, as_json: bool) -> None:
    """Tell it. CannotTell where standard output cannot take it, as on a full disk."""
    try:
        answer.tell(as_json=as_json)
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"it was written, and the answer cannot be printed ({error.strerror})"
        todo = f"the same command with --op {op} gives it again"
        raise CannotTell(f"{message}; {todo}") from error


_EACH_RUN = ("AT", "OP")
"""Fields that another run of the same command writes differently, or is found by."""


_LONGEST = 86400


def _op(given: Flag) -> str:
    if given is None:
        return secrets.token_hex(8)
    wrong = SPECS["OP"].check(str(given))
    if wrong:
        raise Usage(f"--op '{printable(str(given))}' {wrong}")
    return str(given)


def seconds_of(flag: str, text: str) -> float:
    """The seconds that a flag says. Usage where it is no span of time."""
    found = durations.seconds(text)
    if found is None:
        raise Usage(f"--{flag} '{printable(text)}' is no span of time; write 30s or 2m")
    if found > _LONGEST:
        raise Usage(f"--{flag} '{printable(text)}' is more than a day; write less")
    return float(found)


def _must_hold(landed: Ok, seat: str) -> None:
    """Raise where what an earlier run took for `seat` is not held any more.

    NoLongerYours where it has changed hands, Refused where it was let go since.
    """
    for post in landed.posts if landed.again else ():
        if not isinstance(post, Post) or post.state is not State.IN_PROGRESS:
            continue
        posts = landed.feed.posts(post.item)
        then = fold(post.item, (p for p in posts if p.number <= post.number))
        now = landed.feed.item(post.item)
        if not acts_as(seat, then.holder):
            continue  # a handoff, say: it was never to be this seat's
        if now.epoch != then.epoch:
            raise NoLongerYours(now.id, now.epoch, now.holder)
        later = (p for p in posts if p.number > post.number)
        gone = next((p for p in later if not _in_progress(p)), None)
        if gone:
            message = f"an earlier run of this command claimed {now.id}, and post"
            todo = "claim it again, without --op"
            raise Refused(f"{message} {gone.number} let it go since; {todo}")


def _in_progress(post: Post | Unreadable) -> bool:
    return isinstance(post, Post) and post.state is State.IN_PROGRESS


def tell_retry(why: str) -> None:
    """Why there will be another try, on a terminal; nothing ends it."""
    status(f"{printable(why)}; trying again …" if why else "")
