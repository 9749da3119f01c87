"""Which ref carries the feed on a server: looked up once, then pinned.

Afterwards nothing depends on HEAD or on what is pushed: a branch that brings its own
policy must not be able to move the pin.
"""

from collections.abc import Callable

from fleetfeed.git.process import Git
from fleetfeed.install.settings import REF, local
from fleetfeed.model.errors import Usage
from fleetfeed.model.policy import DEFAULT
from fleetfeed.model.policy_reader import is_full_ref

PolicyRef = Callable[[Git], str | None]


def chosen(git: Git, given: str | None, policy_ref: PolicyRef) -> tuple[str, str]:
    """The feed ref and a warning, if any.

    First of: `given`, what is pinned already, the `ref:` of a policy that lies in the
    repository, the branch that HEAD names or the only one there is, refs/heads/main.
    """
    pinned = given if given is not None else local(git, REF.key)
    if pinned is not None and not is_full_ref(pinned):
        raise Usage(f"{pinned!r} is not a full ref name such as {DEFAULT.ref}")
    policy = policy_ref(git)
    if pinned is not None:
        return pinned, _disagreement(pinned, policy)
    return policy or _from_branches(git), ""


def _disagreement(pinned: str, policy: str | None) -> str:
    if policy in (None, pinned):
        return ""
    return (
        f"{REF.key} is {pinned}, the policy says {policy}: pushes of the feed are "
        f"refused until they agree; to pin the policy's, install with --ref {policy}"
    )


def _from_branches(git: Git) -> str:
    branches = git.out("for-each-ref", "--format=%(refname)", "refs/heads/")
    names = branches.decode("utf-8", "surrogateescape").splitlines()
    head = git.maybe("symbolic-ref", "--quiet", "HEAD")
    if head in names:
        return head
    if len(names) > 1:
        raise Usage(
            "HEAD names no branch that exists, and there are several: say which one "
            "carries the feed with --ref refs/heads/..."
        )
    return names[0] if names else DEFAULT.ref
