"""Where the feed is, as far as it can be told, and what speaks against that."""

from fleetfeed.git import queries
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.repo.location import Where, locate
from fleetfeed.repo.repository import Repo, policy_ref
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

    @property
    def remote(self) -> str | None:
        """The name of the feed's remote."""
        return self.where.remote

    @property
    def tracking(self) -> str | None:
        """Where a fetch keeps the remote's feed ref."""
        return self.where.tracking


def feed_of(repo: Repo) -> Feed:
    """The feed's place by the settings, and by the policy where they say nothing.

    The policy looked at is that of the feed ref, as fetched or as it is here; before
    there is one, that of HEAD.
    """
    known, unclear = _remotes(repo)
    first = _by_settings(repo, known, unclear)
    tips = [queries.exact(repo.git, ref) for ref in (first.tracking, first.ref) if ref]
    tips.append(queries.commit_of(repo.git, "HEAD"))
    policies = (policy_ref(repo.snapshot(tip)) for tip in tips if tip)
    policy = next((ref for ref in policies if ref), None)
    try:
        return replace(first, where=locate(repo.git, policy, known))
    except CannotTell as error:
        return replace(first, wrong=first.wrong or str(error))


def _remotes(repo: Repo) -> tuple[queries.Settings, str]:
    """The settings; without any remote, and why, where it is unclear which counts."""
    known = repo.settings
    about = {n: v for n, v in known.items() if n.startswith(("remote.", _REMOTE))}
    try:
        locate(repo.git, None, about)
    except CannotTell as error:
        return {n: v for n, v in known.items() if n not in about}, str(error)
    return known, ""


def _by_settings(repo: Repo, settings: queries.Settings, unclear: str) -> Feed:
    known, wrong = dict(settings), ""
    pinned = queries.setting(known, "fleetfeed.ref")
    if pinned is not None and not is_full_ref(pinned):
        del known["fleetfeed.ref"]
        wrong = f"fleetfeed.ref {pinned} is no full ref name such as refs/heads/main"
    return Feed(repo, locate(repo.git, None, known), wrong, unclear)
