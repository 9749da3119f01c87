"""The hooks of a clone that has code: may it be changed, and for which claim is it."""

import os
from collections.abc import Iterable

from fleetfeed.checks.code import (
    claims_over,
    judge_code,
    judge_code_to_push,
    staged_code,
)
from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.judge.guard import TRAILER, claims_said
from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.findings import Verdict
from fleetfeed.model.layout import POLICY
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View

_SCISSORS = "------------------------ >8 ------------------------"
_UNNAMED = "no seat is known here, so nothing is yours; run `fleetfeed seat NAME`"


def guard_staged(git: Git, args: list[str]) -> Verdict:
    """The verdict on the code that is staged, by the feed as it was fetched last.

    `args` may name the file that tells a shell what to ask about: it is brought up to
    date.
    """
    repo = Repo(git)
    view, (seat, _) = _view(repo, args[0] if args else ""), repo.seat_told
    verdict = judge_code(view, staged_code(repo), seat)
    if verdict.refused and not seat:
        return verdict + Verdict(remarks=(_UNNAMED,))
    return verdict


def guard_pushed(repo: Repo, remote: str, lines: Iterable[str], file: str) -> Verdict:
    """The verdict on the code in a push to `remote`: of each branch what it has not.

    `lines` are those of pre-push (githooks). It is judged as the server will, by the
    feed as it was fetched last; `file`, which tells a shell of it, is brought up to
    date.
    """
    new = [line.rsplit(" ", 3)[1:3] for line in lines]
    ids = [id_ for id_, ref in new if id_.strip("0") and ref.startswith("refs/heads/")]
    if not ids:
        return Verdict()
    known = queries.remotes(repo.settings)
    fetched = f"--remotes={remote}" if remote in known else "--remotes"
    view = _view(repo, file)
    return judge_code_to_push(repo, view, repo.seat_told[0], ids, ("--not", fetched))


def write_trailers(git: Git, args: list[str]) -> Verdict:
    """Add to a message which claims the staged code lies under; `args`: two files.

    Of an item that the message names already, the newest epoch stays. Nothing is
    refused: a remark says why nothing was written.
    """
    if len(args) != 2:  # noqa: PLR2004 - as the hook file calls it
        raise Usage("trailers takes two files: the code paths, and the message")
    file, message = args
    try:
        repo = Repo(git)
        view, (seat, _) = _view(repo, file), repo.seat_told
        claims = claims_over(view, staged_code(repo), seat)
        if claims:
            _write(git, message, claims)
    except (CannotTell, OSError) as error:
        return Verdict(remarks=(f"no trailer was written: {error}",))
    return Verdict()


def _write(git: Git, message: str, claims: dict[str, int]) -> None:
    with open(message, encoding="utf-8", errors="surrogateescape") as there:
        lines = there.readlines()
    kept = [line for line in lines if not _is_of(line, claims)]
    if not _is_written(git, kept):
        return  # git ends the commit
    if len(kept) < len(lines):
        with open(message, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(kept)
    named = (f"--trailer={TRAILER}: {item}@{n}" for item, n in sorted(claims.items()))
    git.out("interpret-trailers", "--in-place", "--no-divider", *named, message)


def _is_written(git: Git, lines: list[str]) -> bool:
    """Whether a message is neither empty nor as its template is.

    What `git commit -v` shows begins with a line of scissors.
    """
    cut = (n for n, line in enumerate(lines) if line.rstrip().endswith(_SCISSORS))
    there = _stripped(git, "".join(lines[: next(cut, None)]))
    asked = git.run("config", "--path", "commit.template", accept=(0, 1)).stdout
    template = asked.rstrip(b"\n")
    if not template or not os.path.exists(template):
        return bool(there)
    with open(template, encoding="utf-8", errors="surrogateescape") as file:
        return there not in (b"", _stripped(git, file.read()))


def _stripped(git: Git, text: str) -> bytes:
    """A message without its comments, whichever character begins them."""
    given = text.encode("utf-8", "surrogateescape")
    return git.out("stripspace", "--strip-comments", stdin=given)


def _is_of(line: str, claims: dict[str, int]) -> bool:
    """Whether a line is the trailer of one of the items."""
    name, colon, value = line.partition(":")
    if not colon or name.strip().casefold() != TRAILER.casefold():
        return False
    return any(item in claims for item in claims_said([value.strip()]))


def _view(repo: Repo, file: str) -> View:
    """The feed as it was fetched last; what of it a shell must know is in `file`."""
    view = ledger_of(repo).at_hand()
    if file and not _is_kept(file, view):
        from fleetfeed.install.code_paths import keep_code_paths  # late: it brings much

        keep_code_paths(file, view)
    return view


def _is_kept(file: str, view: View) -> bool:
    """Whether `file` was written by the policy in `view`."""
    entry = view.snapshot.tree.entry(POLICY)
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as there:
            return entry is not None and f"_blob={entry.id}\n" in there.read()
    except OSError:
        return False
