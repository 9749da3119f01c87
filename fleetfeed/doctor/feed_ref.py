"""Where the feed is, and checks of that: the ref, what names it, how fresh it is."""

from collections.abc import Iterator

from fleetfeed.doctor.report import Check
from fleetfeed.git import queries
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.repo.location import Where, locate
from fleetfeed.repo.repository import Repo, policy_ref
from fleetfeed.repo.view import last_fetch, seconds_since_fetch
from fleetfeed.util.records import record, replace

_REMOTE = "fleetfeed.remote"


@record
class Feed:
    """A repository and its feed's place; `wrong` says why that cannot be relied on.

    `unclear` says why it cannot be told which remote is the feed's.
    """

    repo: Repo
    where: Where
    wrong: str = ""
    unclear: str = ""

    @property
    def ref(self) -> str:
        """The feed ref."""
        return self.where.ref

    def tips(self) -> Iterator[str]:
        """The feed ref's commits: as fetched last, then as it is here."""
        named = (ref for ref in (self.where.tracking, self.ref) if ref)
        return filter(None, (queries.exact(self.repo.git, ref) for ref in named))


def feed_of(repo: Repo) -> Feed:
    """The feed's place by the settings, and by the policy where they say nothing.

    The policy looked at is that of the feed ref, as fetched or as it is here; before
    there is one, that of HEAD.
    """
    known, unclear = _remotes(repo)
    first = _by_settings(repo, known, unclear)
    tips = (*first.tips(), queries.commit_of(repo.git, "HEAD"))
    policies = (policy_ref(repo.snapshot(tip)) for tip in tips if tip)
    policy = next((ref for ref in policies if ref), None)
    try:
        return replace(first, where=locate(policy, known))
    except CannotTell as error:
        return replace(first, wrong=first.wrong or str(error))


def _remotes(repo: Repo) -> tuple[queries.Settings, str]:
    """The settings; without any remote, and why, where it is unclear which counts."""
    known = repo.settings
    about = {n: v for n, v in known.items() if n.startswith(("remote.", _REMOTE))}
    try:
        locate(None, about)
    except CannotTell as error:
        return {n: v for n, v in known.items() if n not in about}, str(error)
    return known, ""


def _by_settings(repo: Repo, settings: queries.Settings, unclear: str) -> Feed:
    known, wrong = dict(settings), ""
    pinned = queries.setting(known, "fleetfeed.ref")
    if pinned is not None and not is_full_ref(pinned):
        del known["fleetfeed.ref"]
        wrong = f"fleetfeed.ref {pinned} is no full ref name such as refs/heads/main"
    return Feed(repo, locate(None, known), wrong, unclear)


_STALE = 24 * 3600
"""Seconds after which a view is called old."""


def feed_ref(feed: Feed, *, server: bool) -> Iterator[Check]:
    """Whether the feed ref is known, named the same by all, and there."""
    if feed.wrong:
        todo = "make fleetfeed.ref and the policy's `ref:` name the same ref"
        yield Check("feed ref", "bad", feed.wrong, todo)
    if server and feed.where.pinned is None:
        why = "this server has no fleetfeed.ref: which ref carries the feed is unknown"
        again = f"run `fleetfeed install --server {feed.repo.git.folder}`"
        yield Check("feed ref", "bad", why, again)
    elif any(feed.tips()):
        yield Check("feed ref", "ok", f"{feed.ref}, set by {_source(feed)}")
    else:
        message = f"{feed.ref} does not exist yet, set by {_source(feed)}"
        todo = "push the feed" if server else "commit the feed, or fetch it"
        yield Check("feed ref", "warn", message, todo)


def _source(feed: Feed) -> str:
    return "fleetfeed.ref" if feed.where.pinned else "the policy or by default"


def head(feed: Feed) -> Check:
    """Where HEAD is; that is no fault, and nothing depends on it."""
    on = queries.head_ref(feed.repo.git) or "no branch"
    if on == feed.ref:
        return Check("HEAD", "ok", f"on the feed ref, {on}")
    return Check("HEAD", "ok", f"on {on}; the feed ref is {feed.ref} all the same")


def policy(feed: Feed) -> Check:
    """Whether the policy on the feed ref can be read."""
    tip = next(feed.tips(), None) or queries.commit_of(feed.repo.git, "HEAD")
    reading = feed.repo.snapshot(tip).policy
    if reading.absent:
        return Check("policy", "ok", "the feed has no policy; the defaults hold")
    if reading.policy is None:
        why = reading.findings[0]
        message = f"{why.place.path}:{why.place.line}: {why.code} {why.message}"
        todo = "mend it in a commit that touches nothing else, and push that"
        return Check("policy", "bad", f"it cannot be read: {message}", todo)
    return Check("policy", "ok", "it can be read")


def remote(feed: Feed) -> Check:
    """Where the feed is fetched from, and how old the view of it is."""
    name, tracking = feed.where.remote, feed.where.tracking
    if feed.unclear:
        todo = "git config fleetfeed.remote NAME"
        return Check("remote", "bad", feed.unclear, todo)
    if name is None:
        message = "no remote carries the feed: a claim here is known to nobody else"
        return Check("remote", "warn", message, "git remote add origin ADDRESS")
    if tracking is None or not queries.exact(feed.repo.git, tracking):
        missing = f"{feed.ref} of {name} was never fetched"
        message = f"{missing}: a commit is judged without it"
        return Check("remote", "warn", message, f"git fetch {name}")
    message = f"{tracking}, {last_fetch(feed.repo, tracking)}"
    age = seconds_since_fetch(feed.repo, tracking)
    if age is None or age >= _STALE:
        return Check("remote", "warn", message, f"git fetch {name}")
    return Check("remote", "ok", message)


def replaced(feed: Feed) -> Check:
    """Whether replacement refs make other programs read other posts."""
    found = feed.repo.git.line("for-each-ref", "--format=%(refname)", "refs/replace/")
    if not found:
        return Check("refs/replace", "ok", "there are none")
    why = f"{found.splitlines()[0]}: other programs than fleetfeed read other objects"
    todo = "git replace --list, then --delete them"
    return Check("refs/replace", "warn", why, todo)
