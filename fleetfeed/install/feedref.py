"""Which ref carries the feed on a server: looked up once, then pinned.

Afterwards nothing depends on HEAD or on what is pushed: a branch that brings its own
policy must not be able to move the pin.
"""

from collections.abc import Callable

from fleetfeed.errors import Usage
from fleetfeed.git.run import Git
from fleetfeed.install.settings import REF, local

DEFAULT = "refs/heads/main"
PolicyRef = Callable[[Git], str | None]


def chosen(git: Git, given: str | None, policy_ref: PolicyRef) -> tuple[str, str]:
    """The feed ref and a warning, if any.

    First of: `given`, what is pinned already, the `ref:` of a policy that lies in the
    repository, the branch that HEAD names or the only one there is, refs/heads/main.
    """
    if given is not None:
        return _full(git, given), ""
    pinned, policy = local(git, REF.key), policy_ref(git)
    if pinned is not None:
        return _full(git, pinned), _disagreement(pinned, policy)
    if policy is not None:
        return _full(git, policy), ""
    return _from_branches(git), ""


def _full(git: Git, ref: str) -> str:
    if ref.startswith("refs/"):
        if git.run("check-ref-format", ref, accept=(0, 1)).returncode == 0:
            return ref
        raise Usage(f"{ref!r} is not a full ref name: git allows no such name")
    raise Usage(f"{ref!r} is not a full ref name such as {DEFAULT}")


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
    return names[0] if names else DEFAULT
