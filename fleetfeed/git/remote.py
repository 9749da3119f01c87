"""Questions to a remote, through the user's own git and its credentials."""

from fleetfeed.errors import CannotTell, GitFailed
from fleetfeed.git.run import Git
from fleetfeed.shown import shown

LONG = 300.0
"""Seconds that a remote has for an answer where nobody set a deadline."""


def remote_value(git: Git, remote: str, ref: str, seconds: float = LONG) -> str | None:
    """What the remote's `ref` is at; None where the remote has no such ref.

    CannotTell where the remote does not answer. The pattern of `git ls-remote`
    matches the ends of names, so the name is compared again.
    """
    asked = ("ls-remote", "--quiet", "--", remote, ref)
    rows = _answer(git, remote, seconds, asked).splitlines()
    pairs = (row.partition("\t") for row in rows)
    return next((id_ for id_, _, name in pairs if name == ref), None)


def remote_refs(git: Git, remote: str, below: str, seconds: float) -> tuple[str, ...]:
    """The names of the remote's refs below `below`, which ends with a slash.

    CannotTell where the remote does not answer.
    """
    asked = ("ls-remote", "--quiet", "--", remote, f"{below}*")
    rows = _answer(git, remote, seconds, asked).splitlines()
    names = (row.partition("\t")[2] for row in rows)
    return tuple(name for name in names if name.startswith(below))


def fetch(
    git: Git, remote: str, ref: str, tracking: str | None, seconds: float = LONG
) -> None:
    """Fetch one ref, into its remote-tracking ref where there is one."""
    spec = f"+{ref}:{tracking}" if tracking else ref
    alone = ("--quiet", "--no-tags", "--recurse-submodules=no")
    _answer(git, remote, seconds, ("fetch", *alone, "--", remote, spec))


def _answer(git: Git, remote: str, seconds: float, args: tuple[str, ...]) -> str:
    """What git prints; CannotTell where it fails, or takes longer than `seconds`."""
    try:
        done = git.within(seconds, *args)
    except GitFailed as error:
        raise _away(remote, error.stderr) from error
    if done.returncode:
        raise _away(remote, done.stderr.decode("utf-8", "backslashreplace"))
    return done.stdout.decode("utf-8", "surrogateescape")


def _away(remote: str, stderr: str) -> CannotTell:
    said = shown(" ".join(stderr.split()), 300)
    return CannotTell(f"{shown(remote)} does not answer ({said}); try again later")
