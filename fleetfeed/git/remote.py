"""Questions to a remote, through the user's own git and its credentials."""

from collections.abc import Iterable

from fleetfeed.git.process import Git, not_trusted, untidied
from fleetfeed.model.errors import CannotTell, GitFailed
from fleetfeed.util.printable import printable

LONG = 300.0
"""Seconds that a remote has for an answer where nobody set a deadline."""


def remote_value(git: Git, remote: str, ref: str, seconds: float = LONG) -> str | None:
    """What the remote's `ref` is at; None where the remote has no such ref.

    CannotTell where the remote does not answer.
    """
    return remote_refs(git, remote, (ref,), seconds).get(ref)


def remote_refs(
    git: Git, remote: str, patterns: tuple[str, ...], seconds: float
) -> dict[str, str]:
    """The remote's refs of which `patterns` match the end, each with what it is at.

    CannotTell where the remote does not answer.
    """
    asked = ("ls-remote", "--quiet", "--", remote, *patterns)
    rows = _answer(git, remote, seconds, asked).splitlines()
    pairs = (row.partition("\t") for row in rows)
    return {name: id_ for id_, _, name in pairs}


def fetch(
    git: Git, remote: str, ref: str, tracking: str | None, seconds: float, *maybe: str
) -> None:
    """Fetch one ref, into its remote-tracking ref where there is one.

    `maybe` are patterns, as refspecs, of what need not be there: it comes along in the
    same connection, and goes here where it is gone there.
    """
    spec = f"+{ref}:{tracking}" if tracking else ref
    alone = ("--quiet", "--no-tags", "--recurse-submodules=no")
    gone = ("--prune",) if maybe else ()
    asked = ("fetch", *alone, *gone, "--", remote, spec, *maybe)
    _answer(git, remote, seconds, (*untidied(), *asked))


def fetch_all(git: Git, remote: str, seconds: float) -> None:
    """Fetch what the remote's own settings say."""
    alone = ("--quiet", "--no-tags", "--recurse-submodules=no")
    _answer(git, remote, seconds, ("fetch", *alone, "--", remote))


def fetch_objects(git: Git, remote: str, refs: Iterable[str], seconds: float) -> None:
    """Fetch what some refs of the remote are at; nothing here remembers that."""
    alone = ("--quiet", "--no-tags", "--recurse-submodules=no")
    asked = ("fetch", *alone, "--no-write-fetch-head", "--", remote, *refs)
    _answer(git, remote, seconds, asked)


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
    untrusted = not_trusted(stderr)
    if untrusted:
        return CannotTell(f"{printable(remote)} does not answer: {untrusted}")
    why = printable(" ".join(stderr.split()), 300)
    return CannotTell(f"{printable(remote)} does not answer ({why}); try again later")
