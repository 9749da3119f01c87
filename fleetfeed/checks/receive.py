"""pre-receive: the law. What this lets through is what everyone will read.

What moves the feed ref is judged: by its name, by its name on a file system that folds
case, or as a symbolic ref. A beat, which changes nothing but says that a holder is
alive, is judged by what is on the feed. Other branches and tags pass.
"""

from collections.abc import Iterable, Iterator

from fleetfeed.checks.elsewhere import feed_elsewhere
from fleetfeed.checks.push import (
    PushedBy,
    commit_or_refuse,
    deleted,
    judge_push,
    not_forward,
)
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git import queries
from fleetfeed.lease.heartbeat import item_of_ref
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place, Severity, Verdict
from fleetfeed.model.identity import Speaker
from fleetfeed.model.inbox import is_place
from fleetfeed.model.policy import Policy
from fleetfeed.model.server import QUEUE_REF
from fleetfeed.repo.location import Where, feed_unknown
from fleetfeed.repo.repository import NoFeedFolder, Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.checks.on_ledger import Asked
    from fleetfeed.model.pusher import Pusher

RESERVED = ("refs/replace/", "refs/fleetfeed/")


@record
class Update:
    """One ref of a push; an id is None where the ref is created or deleted."""

    old: str | None
    new: str | None
    ref: str


def update(line: str) -> Update:
    """An update from a line of pre-receive's input: `old SP new SP ref` (githooks)."""
    old, new, ref = line.split(" ", 2)
    return Update(_id(old), _id(new), ref)


def _id(text: str) -> str | None:
    return text if text.strip("0") else None


def judge_receive(
    repo: Repo,
    updates: Iterable[Update],
    where: Where,
    leases: ServerLeases,
    pusher: "Pusher | None" = None,
    *,
    queue: bool = False,
    asked: "Asked | None" = None,
) -> Verdict:
    """The verdict on a push; `where` is the feed's place as the server pinned it.

    What is let through is stamped by `leases`. `pusher` is who pushed, None where the
    server has not recorded how that is told. What is for a `queue`, where there is one,
    is not judged here. `asked` is the ledger that posts are written to, where that is
    not the feed ref.
    """
    moved = list(updates)
    values, links = queries.values_and_symrefs(repo.git)
    now = values.get(where.ref)
    feeds = [u for u in moved if _is_feed(u.ref, where.ref, links)]
    beating = [u for u in moved if item_of_ref(u.ref)]
    queued = [u for u in moved if queue and u.ref == QUEUE_REF and u.new]
    others = (u for u in moved if u not in queued)
    verdict = Verdict(tuple(f for u in others for f in _reserved(u, where.ref)))
    if verdict.refused and not feeds and not beating:
        return verdict + _introduced(repo, moved, now, pusher)
    if queued and len(moved) > 1:
        return verdict + _not_alone(next(u for u in moved if u not in queued))
    feeds += queued
    if len(feeds) > 1:
        return verdict + _twice(feeds)
    if feeds and beating:
        return verdict + _mixed(beating[0])
    if now is None:
        _must_be_told(repo, moved, feeds, where)
    by = by_login(pusher)
    if now:
        code = _code(repo, [u for u in moved if u not in feeds], now, by=by)
        verdict += code
        if code.refused:
            return verdict  # what does not land is not stamped
    if beating:
        return verdict + _beats(repo, beating, now, leases, by=by)
    judged = (
        judge_move(repo, u, now, where, leases, by=by, asked=asked)
        for u in feeds
        if u not in queued
    )
    return sum(judged, verdict)


def _code(repo: Repo, moved: list[Update], tip: str, *, by: PushedBy) -> Verdict:
    """The verdict on other branches than the feed's, where the policy asks for one."""
    if not any(u.new and u.ref.startswith("refs/heads/") for u in moved):
        return Verdict()
    # late: most pushes are of posts
    from fleetfeed.checks.code_push import CodeFeed, judge_branches

    moves = ((u.ref, u.old, u.new) for u in moved)
    return judge_branches(repo, CodeFeed(repo, tip), moves, by)


def by_login(pusher: "Pusher | None") -> PushedBy:
    """Who pushed, by a policy that asks so."""

    def pushed_by(policy: Policy) -> Speaker:
        from fleetfeed.model import pusher as logins  # late: few policies ask

        return logins.pushed_by(pusher, policy)

    return pushed_by


def _beats(
    repo: Repo,
    beating: list[Update],
    tip: str | None,
    leases: ServerLeases,
    *,
    by: PushedBy,
) -> Verdict:
    from fleetfeed.checks.beats import judge_beat  # late: posts come without

    judged = (judge_beat(repo, u.ref, u.new, tip, leases, by=by) for u in beating)
    return sum(judged, Verdict())


def _introduced(
    repo: Repo, moved: list[Update], tip: str | None, pusher: "Pusher | None"
) -> Verdict:
    """For whom whoever asks so is taken, by the rules at `tip`."""
    from fleetfeed.checks.introduction import introduced  # late: who posts asks nothing
    from fleetfeed.model.server import WHO

    asking = [(u.ref, u.new) for u in moved if u.new and u.ref.startswith(WHO)]
    if not asking or not tip:
        return Verdict()
    (ref, blob), *_ = asking
    return Verdict((), (introduced(repo, ref, blob, tip, pusher),))


def _is_feed(ref: str, feed: str, links: dict[str, str]) -> bool:
    if _target(ref, links) == _target(feed, links):
        return True
    folded = {name.casefold(): target.casefold() for name, target in links.items()}
    return _target(ref.casefold(), folded) == _target(feed.casefold(), folded)


def _target(ref: str, links: dict[str, str]) -> str:
    """What a push to `ref` moves in the end."""
    for _ in range(len(links)):
        ref = links.get(ref, ref)
    return ref


def _reserved(moved: Update, feed: str) -> Iterator[Finding]:
    ref, instead = moved.ref, "leave it out of the push"
    if moved.new and ref.casefold().endswith(f"/{feed}".casefold()):
        why = f"git would not know it from the feed ref {feed}"
    elif ref.casefold().startswith("refs/replace/"):
        why = "git would read other posts than the ones that were judged"
    elif f"{ref.casefold()}/".startswith(f"{QUEUE_REF}/"):
        why = "nothing is there that could be deleted"
        if moved.new:
            why = "no queue takes it there, and nobody would read it"
            instead = f"push to {feed} itself"
    elif moved.new and "/refs/fleetfeed/" in ref.casefold():
        why = "git would not know it from one of the server's own"
    elif ref.casefold().startswith(RESERVED) and not _is_anyones(ref):
        why = "this namespace is the server's, and only beats are pushed to it"
    else:
        return
    message = f"{printable(ref)} is not for pushing: {why}; {instead}"
    yield finding("FF407", Place(printable(ref)), message)


def _is_anyones(ref: str) -> bool:
    """Whether `ref` is a beat, which is judged, or a place, which binds nobody."""
    return item_of_ref(ref) is not None or is_place(ref)


def _twice(feeds: list[Update]) -> Verdict:
    names = " and ".join(printable(u.ref) for u in feeds)
    message = f"{names} are the feed ref under several names; push one of them"
    return Verdict((finding("FF411", Place(printable(feeds[0].ref)), message),))


def _not_alone(other: Update) -> Verdict:
    """With `--atomic` git would call what has landed rejected, for another's sake."""
    ref, queue = printable(other.ref), QUEUE_REF
    message = f"{queue} is pushed by itself: what has landed is not taken back where"
    place = Place(ref)
    todo = f"{ref} is turned down; push one of them, and then the other"
    return Verdict((finding("FF411", place, f"{message} {todo}"),))


def _mixed(beat: Update) -> Verdict:
    """Beats are judged by what is on the feed, and posts may be about to change it."""
    ref = printable(beat.ref)
    message = f"{ref} and the feed ref are pushed together; push them apart"
    return Verdict((finding("FF412", Place(ref), message),))


def judge_move(
    repo: Repo,
    moved: Update,
    now: str | None,
    where: Where,
    leases: ServerLeases,
    *,
    by: PushedBy,
    asked: "Asked | None" = None,
) -> Verdict:
    """The verdict on `moved`; the feed ref is `now`.

    Under a name that folds to its own, git may take it for a ref that is not there.
    """
    ref, old = printable(moved.ref), moved.old or now
    if moved.new is None:
        return deleted(ref)
    refused = commit_or_refuse(repo, ref, moved.new)
    if not refused and old:
        refused = not_forward(repo, ref, old, moved.new)
    if refused:
        return refused
    elsewhere = tuple(feed_elsewhere(repo, old, moved.new, where))
    if elsewhere:
        return Verdict(elsewhere)
    if asked:
        from fleetfeed.checks.on_ledger import judge_export  # late: few fleets have one

        return judge_export(repo, old, moved.new, asked)
    verdict = judge_push(
        repo,
        old,
        moved.new,
        where,
        unknown=Severity.REJECT,
        signs_of=leases.signs_of,
        pushed_by=by,
    )
    if not verdict.refused and _brings_code(repo, old, moved.new):
        from fleetfeed.checks.code_push import CodeFeed, judge_branches  # late: few do

        feed = CodeFeed(repo, old or moved.new)
        verdict += judge_branches(repo, feed, [(moved.ref, old, moved.new)], by)
    # From where the ref is not, git moves nothing; whoever says so must wipe no stamps.
    if not verdict.refused and old == now:
        leases.stamp_posts(repo.snapshot(old), repo.incoming(moved.new))
    return verdict


def _brings_code(repo: Repo, old: str | None, new: str) -> bool:
    """Whether the feed ref would move by more than posts, where that may be judged."""
    rules = repo.snapshot(old or new).rules
    if not rules.paths or rules.guard.push is None:
        return False
    from fleetfeed.checks.series import beside_the_feed  # late: few policies ask

    return old is None or any(beside_the_feed(repo, old, new))


def _must_be_told(
    repo: Repo, moved: list[Update], feeds: list[Update], where: Where
) -> None:
    """Raise CannotTell where another branch has a feed, the feed ref being missing."""
    here = _carrier(repo, queries.branches(repo.git), where)
    if here:
        here = printable(here)
        message = f"the feed ref {where.ref} is missing, but {here} carries a feed"
        todo = f"install again with --ref {here}, or put {where.ref} back"
        raise feed_unknown(f"{message}; on the server, {todo}")
    if feeds:
        return
    heads = {u.ref: u.new for u in moved if u.new and u.ref.startswith("refs/heads/")}
    pushed = _carrier(repo, heads, where)
    if pushed:
        message = f"{printable(pushed)} carries a feed, but the feed ref {where.ref}"
        todo = f"`fleetfeed install --server . --ref {printable(pushed)}`"
        message = f"{message} is missing; push {where.ref} first"
        raise feed_unknown(f"{message}, or on the server run {todo}")
    from fleetfeed.repo.candidates import candidates  # a feed is begun once

    for other in candidates(repo, heads):
        if (other.dir, other.ref) == (where.folder, where.ref):
            continue  # the code's branch says where the feed will be
        guarded = f"{printable(where.folder)}/ on {where.ref}"
        message = f"a feed would begin in {printable(other.words, 300)}, but this"
        flags = printable(other.flags, 400)
        todo = f"on the server, `fleetfeed install --server . {flags}`"
        raise feed_unknown(f"{message} server guards {guarded}; {todo}")


def _carrier(repo: Repo, heads: dict[str, str], where: Where) -> str | None:
    """The first of `heads` that carries a feed and is not the feed ref."""
    for name, commit in sorted(heads.items()):
        if name != where.ref and _carries(repo, commit):
            return name
    return None


def _carries(repo: Repo, commit: str) -> bool:
    """Whether a commit has a feed; a file in the folder's place is none."""
    try:
        return repo.tree(commit).root is not None
    except NoFeedFolder:
        return False
