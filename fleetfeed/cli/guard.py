"""`fleetfeed guard`: whether code may be changed, by who holds its surfaces."""

import os

import click

from fleetfeed.checks.ci import change_told, judge_code_of
from fleetfeed.checks.code import judge_code, judge_code_between, staged_code
from fleetfeed.checks.push import commit_here
from fleetfeed.cli.check import FORMAT, or_annotation, print_verdict, range_ends
from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.surface import here, path_from_top
from fleetfeed.git import changed
from fleetfeed.model.findings import Verdict
from fleetfeed.model.seats import checked_seat
from fleetfeed.repo.behind_links import behind_links, within
from fleetfeed.repo.view import View


@click.command()
@click.argument("paths", metavar="[PATH...]", nargs=-1)
@click.option("--staged", "of_index", is_flag=True, help="Judge what is staged.")
@click.option("--range", "range_", metavar="A..B", help="Judge the commits of a push.")
@click.option("--ci", "in_ci", is_flag=True, help="Judge the change that CI is about.")
@click.option("--seat", help="Who asks. Default: FLEETFEED_SEAT, fleetfeed.seat.")
@click.option("--offline", is_flag=True, help="Go by what was fetched last.")
@FORMAT
@json_flag
@with_shell
def guard(
    shell: Shell,
    *,
    paths: tuple[str, ...],
    of_index: bool,
    range_: str | None,
    in_ci: bool,
    seat: str | None,
    offline: bool,
    form: str,
) -> int:
    """Ask whether you may change code: exit 1 where another seat holds it.

    The policy's `paths` say which surface a path is. Without arguments, what is changed
    in the work tree is judged, staged or not; with PATH, what you are about to change:
    the path itself, and where links on it lead to. --range judges commits by the claims
    that they say they were made for, as a server does; --ci those of the push, pull
    request or merge request that GitHub Actions or GitLab CI is about.

    \b
    Examples:
      fleetfeed guard
      fleetfeed guard web/a.ts
      fleetfeed guard --staged --json
      fleetfeed guard --range origin/main..HEAD --format github
      fleetfeed guard --ci --format github
    """
    if sum((bool(paths), of_index, range_ is not None, in_ci)) > 1:
        raise click.UsageError("give PATH, --staged, --range or --ci, one of them")
    by = checked_seat("--seat", seat) if seat else shell.seat_if_known
    named = [path for name in paths for path in _named(shell, name)]

    def judged() -> Verdict:
        view = shell.ledger.view(offline=offline)
        if range_ is not None:
            return judge_code_between(shell.repo, view, *_ends(shell, range_))
        if in_ci:
            return _change(shell, view)
        if of_index:
            return judge_code(view, staged_code(shell.repo), by)
        found = named if paths else changed.in_work_tree(shell.repo.git)
        return judge_code(view, found, by)

    return print_verdict(shell, or_annotation(judged, form), "change", form)


def _change(shell: Shell, view: View) -> Verdict:
    """The verdict on the code that CI's change brings."""
    change = change_told(os.environ)
    if change is not None:
        return judge_code_of(shell.repo, view, change)
    return Verdict(remarks=("CI is about no change: no code was judged",))


def _ends(shell: Shell, range_: str) -> tuple[str | None, str]:
    """The two commits of a range; a start of zeros stands for none."""
    start, end = range_ends(range_)
    old = commit_here(shell.repo, start) if start.strip("0") else None
    return old, commit_here(shell.repo, end)


def _named(shell: Shell, name: str) -> list[str]:
    """The files that `name` stands for, from the top: as it is typed, and behind links.

    Those of another work tree of the clone are the same code.
    """
    typed = "/".join(path_from_top(shell.top, name))
    ways = behind_links([str(shell.top.joinpath(*here(shell.top), name))])
    paths = dict.fromkeys((typed, *within(shell.repo, str(shell.top), ways)))
    return [file for path in paths for file in changed.below(shell.repo.git, path)]
