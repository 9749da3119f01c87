"""Where the feed is, as far as it can be told, and what speaks against that."""

from dataclasses import dataclass, replace

from fleetfeed.errors import CannotTell
from fleetfeed.feed.trees import Repo, policy_ref
from fleetfeed.feed.where import Where, locate
from fleetfeed.git import refs
from fleetfeed.policy.read import is_full_ref


@dataclass(frozen=True, slots=True)
class Feed:
    """A repository and its feed's place; `wrong` says why that cannot be relied on."""

    repo: Repo
    where: Where
    wrong: str = ""

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
    first = _by_settings(repo)
    tips = [refs.exact(repo.git, ref) for ref in (first.tracking, first.ref) if ref]
    tips.append(refs.commit_of(repo.git, "HEAD"))
    policies = (policy_ref(repo.snapshot(tip)) for tip in tips if tip)
    policy = next((ref for ref in policies if ref), None)
    try:
        return Feed(repo, locate(repo.git, policy, repo.settings), first.wrong)
    except CannotTell as error:
        return replace(first, wrong=first.wrong or str(error))


def _by_settings(repo: Repo) -> Feed:
    known = dict(repo.settings)
    pinned = refs.setting(known, "fleetfeed.ref")
    if pinned is None or is_full_ref(pinned):
        return Feed(repo, locate(repo.git, None, known))
    del known["fleetfeed.ref"]
    wrong = f"fleetfeed.ref {pinned} is no full ref name such as refs/heads/main"
    return Feed(repo, locate(repo.git, None, known), wrong)
