"""The judge over the work tree or a range; and `rule`, on a code."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from fleetfeed.checks.ci import change_told, judge_change
from fleetfeed.checks.commit import judge_folder
from fleetfeed.checks.push import judge_range
from fleetfeed.checks.work_tree import judge_index, judge_work_tree
from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.pager import paged
from fleetfeed.git.process import Git
from fleetfeed.hooks.pre_push import told_by_framework
from fleetfeed.model.catalogue import CATALOGUE
from fleetfeed.model.errors import FleetfeedError, Usage
from fleetfeed.model.findings import Finding, Verdict
from fleetfeed.model.layout import POLICY, item_folder
from fleetfeed.repo.repository import top_level
from fleetfeed.repo.staged import working
from fleetfeed.report.documents import rule_json
from fleetfeed.report.formats import REPORTERS, github_failure
from fleetfeed.util.printable import printable

FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(tuple(REPORTERS)),
    default="text",
    show_default=True,
    help="How findings are printed.",
)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--staged", "of_index", is_flag=True, help="Judge what is staged.")
@click.option("--range", "range_", metavar="A..B", help="Judge a push from A to B.")
@click.option("--ci", "in_ci", is_flag=True, help="Judge the change that CI is about.")
@FORMAT
@json_flag
@with_shell
def check(
    shell: Shell,
    *,
    paths: tuple[Path, ...],
    of_index: bool,
    range_: str | None,
    in_ci: bool,
    form: str,
) -> int:
    """Judge the feed; exit 1 when anything is refused.

    Without arguments, the work tree is judged as if all of it were committed, and so
    is the feed as it then stands: two holders of one surface are found, however they
    came there. PATH limits that to some files; a folder outside the feed is judged as a
    feed of its own, as its first push would be. --range judges a push from A to B, and
    so does what the pre-commit framework says is pushed; --ci judges the push, pull
    request or merge request that GitHub Actions or GitLab CI is about. Exit 3: cannot
    tell, such as a range in a shallow clone.

    \b
    Examples:
      fleetfeed check
      fleetfeed check --staged
      fleetfeed check --range origin/main..HEAD --format github
      fleetfeed check --ci --format github
      fleetfeed check examples/feed
    """
    if sum((bool(paths), of_index, range_ is not None, in_ci)) > 1:
        raise click.UsageError("give PATH, --staged, --range or --ci, one of them")
    if range_ is not None:
        judged = partial(_range, shell, range_)
    elif in_ci:
        judged = partial(_change, shell)
    elif of_index:
        judged = partial(judge_index, shell.repo)
    elif paths:
        judged = partial(_paths, shell, paths)
    else:
        judged = partial(_as_told, shell)
    return print_verdict(shell, or_annotation(judged, form), "check", form)


def or_annotation(judged: Callable[[], Verdict], form: str) -> Verdict:
    """What `judged` answers; where that is no verdict, GitHub's pages show why."""
    try:
        return judged()
    except FleetfeedError as error:
        if form == "github":
            click.echo(github_failure(str(error)))
        raise


def _change(shell: Shell) -> Verdict:
    """The verdict on what CI is about; without a change, on the feed as it stands."""
    change = change_told(os.environ)
    if change is not None:
        return judge_change(shell.repo, change)
    remark = "CI is about no change: the feed was judged as it stands"
    return _work_tree(shell) + Verdict(remarks=(remark,))


def _as_told(shell: Shell) -> Verdict:
    told = told_by_framework(shell.repo, os.environ)
    return _work_tree(shell) if told is None else told


def print_verdict(shell: Shell, verdict: Verdict, what: str, form: str) -> int:
    """Print `verdict` in the format `form`; the exit code."""
    if shell.as_json:
        form = "json"
    report = REPORTERS[form](verdict, what)
    if report:
        click.echo(report)
    if form == "text" and not verdict.refused:
        click.echo("fleetfeed: nothing to refuse")
    return 1 if verdict.refused else 0


def _range(shell: Shell, range_: str) -> Verdict:
    return judge_range(shell.repo, *range_ends(range_))


def range_ends(range_: str) -> tuple[str, str]:
    """Both ends of a range; Usage where it is none."""
    start, dots, end = range_.partition("..")
    if not dots or not start or not end or end.startswith("."):
        raise Usage(f"--range {printable(range_)} is not of the form A..B")
    return start, end


def _work_tree(shell: Shell) -> Verdict:
    if shell.on_database and shell.repo.at_head.tree.root is None:
        todo = "`fleetfeed append --dry-run` judges a post, and writes none"
        shell.needs_feed_ref(f"this branch has no feed to judge; {todo}")
    return judge_work_tree(shell.repo, working(shell.repo, shell.top))


def _paths(shell: Shell, paths: tuple[Path, ...]) -> Verdict:
    """The work tree's verdict, limited to `paths`; folders elsewhere are feeds."""
    inside = {path: _in_feed(shell, path) for path in paths}
    missing = [p for p, name in inside.items() if not _is_there(shell, p, name)]
    if missing:
        named = ", ".join(printable(str(path)) for path in missing)
        raise Usage(f"there is no {named}; `git status` tells what there is")
    elsewhere = [path for path, name in inside.items() if name is None]
    verdict = sum((_elsewhere(path) for path in elsewhere), Verdict())
    mine = [name for name in inside.values() if name is not None]
    if mine:
        # An unreadable policy refuses everything, whatever was asked for.
        mine.append(f"{shell.repo.folder}/{POLICY}")
        whole = _work_tree(shell)
        folder = shell.repo.folder
        found = (
            f for f in whole.findings if any(_is_about(f, m, folder) for m in mine)
        )
        verdict += Verdict(tuple(found), whole.remarks)
    return verdict


def _is_about(found: Finding, path: str, folder: str) -> bool:
    """Whether `found` is about what is at `path`: a collision is about two items."""
    if _below(found.place.path, path):
        return True
    if not found.rejects or not found.item:
        return False
    other = f"{folder}/{item_folder(found.item)}"
    return _below(other, path) or _below(path, other)


def _is_there(shell: Shell, path: Path, name: str | None) -> bool:
    """Whether `path` is there, or was: what is removed in the feed is judged, too."""
    if os.path.lexists(path):
        return True
    folder = f"{shell.repo.folder}/" if name else ""
    return bool(name and shell.repo.at_head.tree.entry(name.removeprefix(folder)))


def _elsewhere(path: Path) -> Verdict:
    if not path.is_dir():
        raise Usage(f"{printable(str(path))} does not lie in a feed")
    return judge_folder(path)


def _in_feed(shell: Shell, path: Path) -> str | None:
    """`path` from the top of the work tree, None where it is not in the feed."""
    if top_level(Git()) is None:
        return None
    try:
        inside = path.resolve().relative_to(shell.top.resolve()).as_posix()
    except ValueError:
        return None
    return inside if _below(inside, shell.repo.folder) else None


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


@click.command()
@click.argument("code", required=False)
@json_flag
@with_shell
@paged
def rule(shell: Shell, code: str | None) -> None:
    """Explain the rule CODE; without CODE, list all rules.

    \b
    Examples:
      fleetfeed rule FF401
      fleetfeed rule
    """
    if code is not None and code.upper() not in CATALOGUE:
        raise Usage(f"there is no rule {printable(code)}; `fleetfeed rule` lists them")
    found = list(CATALOGUE.values()) if code is None else [CATALOGUE[code.upper()]]
    if shell.as_json:
        answer = "listed" if code is None else "shown"
        shell.show(answer, rules=[rule_json(each) for each in found])
    elif code is None:
        for each in found:
            click.echo(f"{each.code}  {each.severity.value:6}  {each.name}")
    else:
        one = found[0]
        click.echo(f"{one.code} {one.name} ({one.severity.value})\n")
        click.echo(f"{one.summary}\n\nWhy: {one.why}\n\nMend: {one.mend}")
