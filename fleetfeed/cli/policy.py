"""`fleetfeed ledger policy`: the rules of a feed that is in a database."""

from pathlib import Path

import click

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.writer import seconds_of, timeout_flag
from fleetfeed.model.errors import Usage
from fleetfeed.model.layout import POLICY
from fleetfeed.report.documents import feed_json, texts_json
from fleetfeed.util.printable import printable
from fleetfeed.writing.policy_edit import put_policy


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--reason", default="", help="Why; it is told with the append.")
@timeout_flag
@json_flag
@with_shell
def policy(
    shell: Shell, /, file: Path | None, *, reason: str, timeout: str
) -> int | None:
    """Print the policy that the ledger has, or put FILE in its place.

    On a feed ref a commit changes the policy. Here this command does: by the rules that
    are there, and all at once. Where these ask who it is (`identity: {mode: pusher}`),
    the role that logs in must speak for a steward.

    \b
    Examples:
      fleetfeed ledger policy > policy.yaml
      fleetfeed ledger policy policy.yaml --reason "a lane for the new crew"
    """
    if not shell.on_database:
        raise Usage("posts are on a feed ref here: commit its policy.yaml, and push")
    seconds, ledger = seconds_of("timeout", timeout), shell.ledger
    if file is None:
        return _shown(shell)
    try:
        data = file.read_bytes()
    except OSError as error:
        why = f"{printable(str(file))} cannot be read ({error.strerror})"
        raise Usage(why) from error
    append = put_policy(ledger, data, reason, seconds)
    if shell.as_json:
        return shell.show("done", commit=append or None)
    click.echo(f"the policy is that of append {append}" if append else "unchanged")
    return None


def _shown(shell: Shell) -> int | None:
    view = shell.ledger.view(offline=False)
    data = view.snapshot.tree.read(POLICY) or b""
    if shell.as_json:
        text = data.decode("utf-8", "backslashreplace")
        texts = texts_json({view.snapshot.tree.display_path(POLICY): text})
        return shell.show("shown", texts=texts, feed=feed_json(view.basis))
    click.echo(data, nl=False)
    return None
