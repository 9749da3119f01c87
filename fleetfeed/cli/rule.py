"""`fleetfeed rule`: what a code means."""

import click

from fleetfeed.cli.context import echo_json, edge
from fleetfeed.model.catalogue import CATALOGUE, Rule
from fleetfeed.model.errors import Usage
from fleetfeed.util.printable import printable


@click.command()
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@edge
def rule(code: str | None, as_json: bool) -> None:
    """Explain the rule CODE; without CODE, list all rules.

    \b
    Examples:
      fleetfeed rule FF401
      fleetfeed rule
    """
    found = list(CATALOGUE.values()) if code is None else [_one(code)]
    if as_json:
        echo_json([_as_json(each) for each in found])
    elif code is None:
        for each in found:
            click.echo(f"{each.code}  {each.severity.value:6}  {each.name}")
    else:
        click.echo(_explained(found[0]))


def _one(code: str) -> Rule:
    found = CATALOGUE.get(code.upper())
    if found is None:
        raise Usage(f"there is no rule {printable(code)}; `fleetfeed rule` lists them")
    return found


def _explained(rule: Rule) -> str:
    head = f"{rule.code} {rule.name} ({rule.severity.value})"
    return f"{head}\n\n{rule.summary}\n\nWhy: {rule.why}\n\nMend: {rule.mend}"


def _as_json(rule: Rule) -> dict[str, str]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.value,
        "summary": rule.summary,
        "why": rule.why,
        "mend": rule.mend,
    }
