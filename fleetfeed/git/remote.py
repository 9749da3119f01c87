"""Questions to a remote, through the user's own git and its credentials."""

from fleetfeed.errors import CannotTell, GitFailed
from fleetfeed.git.run import Git
from fleetfeed.shown import shown


def remote_value(git: Git, remote: str, ref: str) -> str | None:
    """What the remote's `ref` is at; None where the remote has no such ref.

    CannotTell where the remote does not answer. The pattern of `git ls-remote`
    matches the ends of names, so the name is compared again.
    """
    try:
        rows = git.line("ls-remote", "--quiet", "--", remote, ref).splitlines()
    except GitFailed as error:
        raise _away(remote, error) from error
    pairs = (row.partition("\t") for row in rows)
    return next((id_ for id_, _, name in pairs if name == ref), None)


def fetch(git: Git, remote: str, ref: str, tracking: str | None) -> None:
    """Fetch one ref, into its remote-tracking ref where there is one."""
    spec = f"+{ref}:{tracking}" if tracking else ref
    try:
        git.out("fetch", "--quiet", "--no-tags", "--", remote, spec)
    except GitFailed as error:
        raise _away(remote, error) from error


def _away(remote: str, error: GitFailed) -> CannotTell:
    said = shown(" ".join(error.stderr.split()), 300)
    return CannotTell(f"{shown(remote)} does not answer ({said}); try again later")
