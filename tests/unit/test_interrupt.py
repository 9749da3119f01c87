"""Ctrl-C is no verdict: it ends a command with 130, never with 1."""

from click.testing import CliRunner

from fleetfeed.cli import check
from fleetfeed.cli.context import Shell


def test_an_interrupted_command_ends_with_130(monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "_work_tree", interrupt)
    result = CliRunner().invoke(check.check, [], obj=Shell())
    assert result.exit_code == 130
    assert "interrupted" in result.output
