"""Checks of the feed's place: the ref, what names it, and how fresh the view is."""

from collections.abc import Iterator

from fleetfeed.doctor.place import Feed
from fleetfeed.doctor.report import Check
from fleetfeed.git import queries
from fleetfeed.repo.age import seconds_since_fetch
from fleetfeed.util import durations

_STALE = 24 * 3600
"""Seconds after which a view is called old."""


def feed_ref(feed: Feed, *, server: bool) -> Iterator[Check]:
    """Whether the feed ref is known, named alike by all, and there."""
    if feed.wrong:
        todo = "make fleetfeed.ref and the policy's `ref:` name the same ref"
        yield Check("feed ref", "bad", feed.wrong, todo)
    if server and feed.where.pinned is None:
        said = "this server has no fleetfeed.ref: which ref carries the feed is unknown"
        again = f"run `fleetfeed install --server {feed.repo.git.folder}`"
        yield Check("feed ref", "bad", said, again)
    elif _there(feed):
        yield Check("feed ref", "ok", f"{feed.ref}, set by {_source(feed)}")
    else:
        said = f"{feed.ref} does not exist yet, set by {_source(feed)}"
        todo = "push the feed" if server else "commit the feed, or fetch it"
        yield Check("feed ref", "warn", said, todo)


def _there(feed: Feed) -> bool:
    git = feed.repo.git
    named = (ref for ref in (feed.tracking, feed.ref) if ref)
    return any(queries.exact(git, ref) for ref in named)


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
    git = feed.repo.git
    named = (queries.exact(git, ref) for ref in (feed.tracking, feed.ref) if ref)
    tip = next((tip for tip in named if tip), None)
    reading = feed.repo.snapshot(tip or queries.commit_of(git, "HEAD")).policy
    if reading.absent:
        said = "the feed has no policy; the defaults hold"
        return Check("policy", "ok", said)
    if reading.policy is None:
        why = reading.findings[0]
        said = f"{why.place.path}:{why.place.line}: {why.code} {why.message}"
        todo = "mend it in a commit that touches nothing else, and push that"
        return Check("policy", "bad", f"it cannot be read: {said}", todo)
    return Check("policy", "ok", "it can be read")


def remote(feed: Feed) -> Check:
    """Where the feed is fetched from, and how old the view of it is."""
    if feed.unclear:
        todo = "git config fleetfeed.remote NAME"
        return Check("remote", "bad", feed.unclear, todo)
    if feed.remote is None:
        said = "no remote carries the feed: a claim here is known to nobody else"
        return Check("remote", "warn", said, "git remote add origin ADDRESS")
    if feed.tracking is None or not queries.exact(feed.repo.git, feed.tracking):
        said = f"{feed.ref} of {feed.remote} was never fetched: a commit is judged "
        return Check("remote", "warn", f"{said}without it", f"git fetch {feed.remote}")
    age = seconds_since_fetch(feed.repo, feed.tracking)
    if age is None:
        said = f"{feed.tracking}, fetched nobody knows when"
        return Check("remote", "warn", said, f"git fetch {feed.remote}")
    said = f"{feed.tracking}, fetched {durations.in_words(age)} ago"
    if age >= _STALE:
        return Check("remote", "warn", said, f"git fetch {feed.remote}")
    return Check("remote", "ok", said)


def replaced(feed: Feed) -> Check:
    """Whether replacement refs make other programs read other posts."""
    found = feed.repo.git.line("for-each-ref", "--format=%(refname)", "refs/replace/")
    if not found:
        return Check("refs/replace", "ok", "there are none")
    said = f"{found.splitlines()[0]}: other programs than fleetfeed read other objects"
    return Check("refs/replace", "warn", said, "git replace --list, then --delete them")
