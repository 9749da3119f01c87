"""`fleetfeed agents`: have a coding agent's tool know of fleetfeed, by its settings."""

import sys
from pathlib import Path
from shutil import which

import click

from fleetfeed.agents.setup import Setup, this_program
from fleetfeed.agents.tools import TOOLS, Tool
from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.help_text import Group
from fleetfeed.install.report import Report
from fleetfeed.mcp import has_sdk
from fleetfeed.model.errors import Usage
from fleetfeed.util.printable import printable


@click.group(cls=Group)
def agents() -> None:
    """Set up Claude Code, Codex, Gemini CLI, Cursor or GitHub Copilot for this fleet.

    A tool gets a skill, a section of the instructions that it reads, hooks (a session
    begins with what `prime` says, a file that another seat holds is not
    written, what is held is kept, and given back at the end) and, where fleetfeed[mcp]
    is installed, the MCP server. What has commands run goes into files that are yours
    alone and are not committed.

    \b
    Examples:
      fleetfeed agents install claude
      fleetfeed agents check claude
      fleetfeed agents remove claude
    """


_TOOLS = click.argument(
    "names", metavar="TOOL...", nargs=-1, type=click.Choice(list(TOOLS))
)


@agents.command()
@_TOOLS
@json_flag
@with_shell
def install(shell: Shell, names: tuple[str, ...]) -> int:
    """Have TOOL know of fleetfeed; run again, it brings up to date what is old.

    What you have changed by hand stays, outside of the marked sections. A file that
    cannot be changed for certain (it has comments, say) is left as it is, and what to
    add is shown; then the exit code is 1.

    \b
    Examples:
      fleetfeed agents install claude
      fleetfeed agents install codex cursor --json
    """
    if not names:
        raise Usage(f"which tools? give {', '.join(TOOLS)}, one or more")
    return _printed(shell, set_up(shell, names), "installed")


@agents.command()
@_TOOLS
@json_flag
@with_shell
def check(shell: Shell, names: tuple[str, ...]) -> int:
    """Say what TOOL has of fleetfeed: exit 1 where something is missing or old.

    Without TOOL, of those that are set up here. Nothing is changed.

    \b
    Examples:
      fleetfeed agents check
      fleetfeed agents check gemini
    """
    setup = setup_here(shell)
    chosen = names or setup.installed()
    if not chosen:
        todo = "`fleetfeed agents install TOOL` sets one up"
        raise Usage(f"no tool is set up in this work tree; {todo}")
    return _printed(shell, setup.check(_named(chosen)), "set up")


@agents.command()
@_TOOLS
@json_flag
@with_shell
def remove(shell: Shell, names: tuple[str, ...]) -> int:
    """Take out what is fleetfeed's. A file that nobody changed since is as it was.

    Without TOOL, for all that are set up here.

    \b
    Examples:
      fleetfeed agents remove claude
      fleetfeed agents remove
    """
    setup = setup_here(shell)
    chosen = names or setup.installed()
    return _printed(shell, setup.remove(_named(chosen)), "taken out")


@agents.command(context_settings={"ignore_unknown_options": True})
@click.argument("tool", type=click.Choice(list(TOOLS)))
@click.argument("event")
@click.pass_context
def hook(ctx: click.Context, tool: str, event: str) -> None:
    """Answer EVENT of TOOL: what its settings call. What happened is read as JSON.

    Always ends with 0, whatever goes wrong: a broken fleet breaks no session.

    \b
    Examples:
      fleetfeed agents hook claude SessionStart < event.json
      fleetfeed agents hook codex PreToolUse < event.json
    """
    from fleetfeed.cli.agents_hook import main  # late: `__main__` calls it by itself

    ctx.exit(main([tool, event]))


def set_up(shell: Shell, names: tuple[str, ...]) -> Report:
    """Set up the tools of these names; told is, too, whether an agent will find us."""
    report = setup_here(shell).install(_named(names))
    if not shell.repo.seat_told[0]:
        why = "this worktree has no seat yet: `fleetfeed seat NAME` gives it one"
        report += Report(warnings=(why,))
    if which("fleetfeed"):
        return report
    folder = Path(sys.executable).parent
    why = "`fleetfeed` is not on the PATH here, where an agent would type it"
    return report + Report(warnings=(f"{why}; it may be in {folder}: add that",))


def setup_here(shell: Shell) -> Setup:
    """The set-up of tools in the work tree around this folder."""
    return Setup(shell.repo.git, shell.top, this_program(), server=has_sdk())


def _named(names: tuple[str, ...]) -> list[Tool]:
    return [TOOLS[name] for name in dict.fromkeys(names)]


def _printed(shell: Shell, report: Report, done: str) -> int:
    if shell.as_json:
        return shell.show(report.answer, report.code, **report.facts)
    for line in lines_of(report):
        click.echo(line)
    if not report.code:
        click.echo(f"fleetfeed: {done}")
    return report.code


def lines_of(report: Report) -> list[str]:
    """A report for a person, in printable lines."""
    lines = [step.sentence for step in report.steps]
    lines += [f"note: {printable(text, 1000)}" for text in report.warnings]
    for each in report.wanted:
        lines.append(f"off: {printable(each.why, 1000)}")
        lines += [f"    {printable(line, 1000)}" for line in each.lines]
        lines.append(f"next: {each.next}")
    return lines
