"""Where the feed is, and checks of that: what names its place, and what is there."""

from collections.abc import Iterator

from fleetfeed.doctor.report import Check
from fleetfeed.git import queries
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.layout import POLICY
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.repo.candidates import candidates
from fleetfeed.repo.location import POINTER, Told, Where, locate, told
from fleetfeed.repo.missing import command_for
from fleetfeed.repo.repository import Repo, policy_ref
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record, replace

_DIR = "fleetfeed.dir"


@record
class Feed:
    """A repository and its feed's place; `wrong` says why that cannot be relied on.

    `unclear` says why it cannot be told which remote is the feed's, `told` who says
    where the feed is.
    """

    repo: Repo
    where: Where
    wrong: str = ""
    unclear: str = ""
    told: Told = Told()

    @property
    def ref(self) -> str:
        """The feed ref."""
        return self.where.ref

    def tips(self) -> Iterator[str]:
        """The feed ref's commits: as fetched last, then as it is here."""
        named = (ref for ref in (self.where.tracking, self.ref) if ref)
        return filter(None, (queries.exact(self.repo.git, ref) for ref in named))


def feed_of(repo: Repo) -> Feed:
    """The feed's place as told, and by the policy where nobody says anything.

    The policy looked at is that of the feed ref, as fetched or as it is here; before
    there is one, that of HEAD.
    """
    repo, wrong = _readable(repo)
    known, unclear = _remotes(repo)
    first = _as_told(repo, known, wrong, unclear)
    tips = (*first.tips(), queries.commit_of(repo.git, "HEAD"))
    policies = (policy_ref(repo.snapshot(tip)) for tip in tips if tip)
    policy = next((ref for ref in policies if ref), None)
    try:
        return replace(first, where=locate(policy, repo.told, known))
    except CannotTell as error:
        return replace(first, wrong=first.wrong or str(error))


def _readable(repo: Repo) -> tuple[Repo, str]:
    """`repo`; one that asks the settings alone, and why, with a broken pointer."""
    try:
        repo.folder  # noqa: B018 - whether it can be told
        return repo, ""
    except CannotTell as error:
        told_alone = told({n: v for n, v in repo.settings.items() if n != _DIR})
        return Repo(repo.git, known=told_alone), str(error)


def _remotes(repo: Repo) -> tuple[queries.Settings, str]:
    """The settings; without any remote, and why, where it is unclear which counts."""
    known = repo.settings
    try:
        locate(None, Told(remote=repo.told.remote), known)
    except CannotTell as error:
        others = {n: v for n, v in known.items() if not n.startswith("remote.")}
        return others, str(error)
    return known, ""


def _as_told(repo: Repo, known: queries.Settings, wrong: str, unclear: str) -> Feed:
    found = replace(repo.told, remote=None) if unclear else repo.told
    pinned = found.ref
    if pinned is not None and not is_full_ref(pinned.value):
        found = replace(found, ref=None)
        said = f"{pinned.by} {printable(pinned.value)}"
        wrong = wrong or f"{said} is no full ref name such as refs/heads/main"
    return Feed(repo, locate(None, found, known), wrong, unclear, repo.told)


def feed_ref(feed: Feed, *, server: bool) -> Iterator[Check]:
    """Whether it is known where the feed is, and whether it is there."""
    if feed.wrong:
        yield Check("feed ref", "bad", feed.wrong, _agreement(feed))
    here = f"{printable(feed.where.folder)}/ on {feed.ref}"
    if server and feed.where.pinned is None:
        why = "this server has no fleetfeed.ref: which ref carries the feed is unknown"
        again = f"run `fleetfeed install --server {feed.repo.git.folder}`"
        yield Check("feed ref", "bad", why, again)
    elif any(feed.repo.tree(tip).root for tip in feed.tips()):
        yield Check("feed ref", "ok", f"{here}, set by {_source(feed)}")
    else:
        yield _no_feed(feed, here, server=server)


def _agreement(feed: Feed) -> str:
    """What makes those agree who say where the feed is."""
    said = next((each for each in (feed.told.ref, feed.told.dir) if each), None)
    if said is None or said.by.startswith(POINTER):
        return _taken_back(feed, queries.commit_of(feed.repo.git, "HEAD"), POINTER)
    if said.by.startswith("fleetfeed."):
        return f"`git config --unset-all {said.by}`"
    return f"`unset {said.by}`"


def _taken_back(feed: Feed, tip: str | None, path: str) -> str:
    """How to take back the last change of a file that cannot be read."""
    log = ("log", "-1", "--format=%h", tip, "--", path) if tip else ()
    commit = feed.repo.git.line(*log) if log else ""
    if not commit:
        return "mend it in a commit that touches nothing else, and push that"
    todo = f"`git revert --no-edit {commit} && git push`, on the branch that has it"
    return f"{todo}, or mend it in a commit that touches nothing else"


def _no_feed(feed: Feed, here: str, *, server: bool) -> Check:
    """There is no feed where it should be: perhaps there is one elsewhere."""
    why = f"there is no feed in {here} (set by {_source(feed)})"
    heads = queries.branches(feed.repo.git)
    fetched = queries.fetched_branches(feed.repo.git, feed.where.remote)
    for other in candidates(feed.repo, {**heads, **fetched}):
        if server:
            folder = feed.repo.git.folder
            todo = f"fleetfeed install --server {folder} {other.flags}"
        else:
            todo = command_for(feed.told, feed.where, other)
        return Check("feed ref", "bad", f"{why}, but in {other.words}", f"`{todo}`")
    todo = "`fleetfeed init` starts one; or fetch it: `git fetch`"
    if server:
        todo = "push the feed that `fleetfeed init` starts in a clone"
    return Check("feed ref", "skipped", f"{why}, so there is nothing to guard", todo)


def _source(feed: Feed) -> str:
    pinned = feed.where.pinned
    return pinned.by if pinned else "the policy or by default"


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
        todo = _taken_back(feed, tip, f"{feed.repo.folder}/{POLICY}")
        return Check("policy", "bad", f"it cannot be read: {message}", todo)
    return Check("policy", "ok", "it can be read")


def replaced(feed: Feed) -> Check:
    """Whether replacement refs make other programs read other posts."""
    found = feed.repo.git.line("for-each-ref", "--format=%(refname)", "refs/replace/")
    if not found:
        return Check("refs/replace", "ok", "there are none")
    why = f"{found.splitlines()[0]}: other programs than fleetfeed read other objects"
    todo = "git replace --list, then --delete them"
    return Check("refs/replace", "warn", why, todo)
