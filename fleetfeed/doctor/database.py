"""Checks of a clone whose posts are in a database: it is tried, too."""

from collections.abc import Iterator

from fleetfeed.doctor.feed_ref import Feed
from fleetfeed.doctor.report import Check
from fleetfeed.feed.snapshot import PolicyReading
from fleetfeed.git.remote import LONG
from fleetfeed.ledger.chosen import database_of, ledger_of
from fleetfeed.model.identity import NONE, PUSHER
from fleetfeed.model.policy import Policy
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.ledger.postgres.fleet import PostgresFleet
    from fleetfeed.ledger.postgres.trial import Trial

_PAST = (
    "a role that may call `append_if` writes what it likes as any seat, past the judge;"
    " each append tells its role, and `fleetfeed verify` judges by that"
)
LIMITS = (
    _PAST,
    "what is committed in git counts for nothing: a post is what was appended",
    "who owns the tables, or is a superuser, may change all that is in them",
)

_FAR = 2.0
"""Seconds between two clocks that are worth a word."""


def has_database(feed: Feed) -> bool:
    """Whether posts are written to a database. Usage where nobody knows to what."""
    said = feed.told.ledger
    return bool(said and database_of(said))


def ledger(feed: Feed) -> Iterator[Check]:
    """Whether the database answers, and takes a post of this clone's role."""
    found = ledger_of(feed.repo)
    trial = _fleet(found).trial(LONG)
    where = f"{trial.shown}, PostgreSQL {trial.server}, tables {trial.version}"
    yield Check("ledger", "ok", where)
    yield _append(trial)
    yield _role(trial)
    yield _clock(trial)
    if trial.unsafe:
        message = f"{', '.join(trial.unsafe)}: what was answered may be lost with power"
        yield Check("durability", "warn", message, "have its keeper switch that on")
    tip = found.read(LONG)
    yield _policy(tip.feed.policy)
    yield from _identity(feed, tip.feed.rules, trial.role)


def _fleet(found: object) -> "PostgresFleet":
    from fleetfeed.ledger.postgres.fleet import PostgresFleet  # late: it has psycopg

    if not isinstance(found, PostgresFleet):
        raise TypeError(found)
    return found


def _append(trial: "Trial") -> Check:
    if trial.standby:
        message = "this is a standby, which can be read alone"
        return Check("append", "bad", message, "let `ledger:` name the primary")
    if trial.refused:
        message = f"an append as {printable(trial.role)} was refused: {trial.refused}"
        todo = "who keeps the database lets it in: `fleetfeed ledger grant ROLE`"
        return Check("append", "bad", message, todo)
    return Check("append", "ok", "one was tried, and taken back")


def _role(trial: "Trial") -> Check:
    name = printable(trial.role)
    if not trial.rewrites:
        return Check("role", "ok", f"{name} may append, and change nothing")
    message = f"{name} may change the tables {', '.join(trial.rewrites)}"
    todo = "give seats a role that may append alone: `fleetfeed ledger grant ROLE`"
    return Check("role", "warn", f"{message}: it could rewrite posts", todo)


def _clock(trial: "Trial") -> Check:
    far = abs(trial.ahead)
    if far <= max(_FAR, trial.unsure):
        return Check("clock", "ok", "this machine's is that of the database, about")
    side = "behind" if trial.ahead > 0 else "ahead of"
    message = f"this machine's is {far:.0f} s {side} that of the database, by which"
    todo = "set the clock of whichever is wrong: AT of posts is this machine's"
    return Check("clock", "warn", f"{message} leases end", todo)


def _policy(reading: PolicyReading) -> Check:
    if reading.absent:
        return Check("policy", "ok", "the feed has no policy; the defaults hold")
    if reading.policy is None:
        why = reading.findings[0]
        message = f"line {why.place.line}: {why.code} {why.message}"
        todo = "`fleetfeed ledger policy FILE` puts another in its place"
        return Check("policy", "bad", f"it cannot be read: {message}", todo)
    return Check("policy", "ok", "it can be read")


def _identity(feed: Feed, policy: Policy, role: str) -> Iterator[Check]:
    """For whom the database takes this clone."""
    if policy.identity == NONE:
        return
    if policy.identity != PUSHER:
        message = "the policy wants signatures, and a post in a database has none"
        todo = "have a steward put `identity: {mode: pusher}` into the policy"
        yield Check("identity", "bad", message, todo)
        return
    from fleetfeed.model.pusher import Pusher, pushed_by  # late: few fleets ask

    speaker, (seat, _) = pushed_by(Pusher(role), policy), feed.repo.seat_told
    if speaker.flaw:
        message, _, todo = f"{speaker.who} {speaker.flaw.words}".partition("; ")
        yield Check("identity", "bad", message, todo)
    elif seat and not speaker.speaks_for(seat):
        message = f"{speaker.who} may not speak for {seat}"
        todo = f"have a steward give it {seat} (`logins:` of the policy)"
        yield Check("identity", "bad", message, todo)
    else:
        whom = seat or "the seats that it is given"
        yield Check("identity", "ok", f"{speaker.who} is taken for {whom}")
