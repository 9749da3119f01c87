"""For whom a seat is taken, and what a server needs to tell that."""

from collections.abc import Iterator

from fleetfeed.checks.signatures import Keyring
from fleetfeed.doctor.feed_ref import Feed
from fleetfeed.doctor.report import Check
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.ssh_keygen import INSTALL
from fleetfeed.git.ssh_keygen import tried as tried_keygen
from fleetfeed.install.settings import PUSHER as PUSHER_FROM
from fleetfeed.install.settings import local
from fleetfeed.ledger.own_identity import answer_of, question_of
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import NONE, PUSHER
from fleetfeed.model.policy import Policy
from fleetfeed.model.pusher import SOURCES
from fleetfeed.model.taken_for import TakenFor
from fleetfeed.util.printable import printable

_NAME = "identity"


def limits(feed: Feed) -> tuple[str, ...]:
    """What cannot be stopped, by how the fleet proves who posts."""
    tip = _tip(feed)
    return (_LIMITS[tip.rules.identity if tip else NONE],)


_LIMITS = {
    NONE: "SEAT is trusted: with `identity: {mode: none}` anyone may post as any seat",
    PUSHER: "a login is what the way in says: whoever can set its variable there pushes"
    " as anyone, and the history does not tell who pushed",
    "signed": "a key that somebody else has speaks for its seats until it ends or is "
    "revoked",
}


def _tip(feed: Feed) -> Snapshot | None:
    commit = next(feed.tips(), None)
    return feed.repo.snapshot(commit) if commit else None


def tried(feed: Feed) -> Iterator[Check]:
    """For whom the server takes this clone, by asking it now."""
    tip, remote = _tip(feed), feed.where.remote
    if not tip or tip.rules.identity == NONE:
        return
    seat, _ = feed.repo.seat_told
    if remote is None:
        message = "there is no remote that could say for whom it takes this clone"
        yield Check(_NAME, "skipped", message, "git remote add origin ADDRESS")
        return
    try:
        asks = question_of(feed.repo, seat, tip.rules)
    except CannotTell as error:
        message, _, todo = str(error).partition("; ")
        yield Check(_NAME, "bad", message, todo or "mend that and run it again")
        return
    answer = answer_of(feed.repo, remote, asks)
    yield _answered(answer, seat, tip.rules, printable(remote))


def _answered(answer: TakenFor | None, seat: str, policy: Policy, remote: str) -> Check:
    if answer is None:
        message = f"no hook at {remote} says for whom it takes this clone"
        todo = "there, upgrade fleetfeed and run `fleetfeed install --server .`"
        return Check(_NAME, "skipped", message, todo)
    if answer.mode != policy.identity:
        message = f"the policy of {remote} is {printable(answer.mode)} by now, and as"
        message += f" fetched last it was {policy.identity}: {answer.words}"
        return Check(_NAME, "warn", message, f"`git fetch {remote}`, then try again")
    if answer.code:
        message, _, todo = answer.words.partition("; ")
        todo = todo or f"`fleetfeed rule {answer.code}` explains it"
        return Check(_NAME, "bad", f"{message} ({answer.code})", todo)
    if answer.speaks:
        return Check(_NAME, "ok", f"tried: to {remote} {answer.words}")
    stewards = printable(" or ".join(policy.stewards)) or "a steward"
    message = f"tried: to {remote} {answer.words}"
    if not seat:
        return Check(_NAME, "warn", message, "run `fleetfeed seat NAME`, one of those")
    todo = "`fleetfeed seat NAME` takes one of those"
    return Check(_NAME, "bad", message, f"{todo}, or {stewards} gives you {seat}")


def provided(feed: Feed) -> Iterator[Check]:
    """Whether this server can tell who pushes, or who signed, as the policy asks."""
    tip = _tip(feed)
    if not tip or tip.rules.identity == NONE:
        return
    yield _source(feed) if tip.rules.identity == PUSHER else _verifier(tip)


def _source(feed: Feed) -> Check:
    source = local(feed.repo.git, PUSHER_FROM.key)
    if source in SOURCES:
        what = f"who pushes is {SOURCES[source]} ({PUSHER_FROM.key} {source})"
        tries = "whether the way in sets it, a seat's doctor tries"
        return Check(_NAME, "ok", f"{what}; {tries}")
    why = f"{PUSHER_FROM.key} is {printable(source or '')}, which is no kind of server"
    if source is None:
        why = "the policy asks who pushes, and it is not recorded how that is known"
    again = (
        f"run `fleetfeed install --server {feed.repo.git.folder} --pusher-from KIND`"
    )
    return Check(_NAME, "bad", f"{why}: nobody can post", f"{again}, one of {_KINDS}")


_KINDS = ", ".join(SOURCES)


def _verifier(tip: Snapshot) -> Check:
    flaw = Keyring.of(tip).flaw
    if flaw:
        todo = "a steward mends that file in a commit of its own"
        return Check(_NAME, "bad", f"no signature {flaw.words} ({flaw.code})", todo)
    try:
        wrong = tried_keygen()
    except CannotTell as error:
        message, _, todo = str(error).partition("; ")
        return Check(_NAME, "bad", f"no signature can be verified: {message}", todo)
    if wrong:
        message = f"no signature can be verified: tried, and ssh-keygen here {wrong}"
        return Check(_NAME, "bad", message, INSTALL)
    message = "tried: ssh-keygen tells good signatures from bad, expired and revoked"
    return Check(_NAME, "ok", f"{message} ones; it is asked at this machine's clock")
