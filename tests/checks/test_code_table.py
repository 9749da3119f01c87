"""Each kind of change of code, however it is committed: at the commit, push and server."""

import pytest
from checks import code_fleet
from checks.code_rows import ROWS, THEIRS

START = "refs/heads/start"


@pytest.fixture(scope="module")
def played(fleet_template, tmp_path_factory):
    """The fleet, with what CAMBER-07 has on branches; its clone of CAMBER-06."""
    folder = tmp_path_factory.mktemp("code") / "fleet"
    fleet = code_fleet.play(fleet_template.copy(folder))
    other = fleet.seat("CAMBER-07")
    for name, epoch, path in (("theirs", 2, THEIRS), ("late", 1, "web/theirs/b.ts")):
        other.git("checkout", "-q", "-B", name, "origin/main")
        other.stage(path, "theirs\n")
        message = f"work\n\nFleetfeed: CMB-0001@{epoch}"
        # The hook would say the present epoch, whatever is said here.
        hooks = f"core.hooksPath={'/dev/null' if epoch == 1 else '.git/hooks'}"
        other.git("-c", hooks, "commit", "-q", "-m", message)
        if epoch == 2:
            assert code_fleet.pushed(other, name).ok
        else:
            # As it was pushed while it was the epoch: past the hook.
            bundle = str(folder / "late")
            other.git("bundle", "create", bundle, name)
            fleet.server.git("fetch", "-q", bundle, f"{name}:{name}")
    other.git("checkout", "-q", "-B", "other", "origin/main")
    other.stage("docs/other.md", "x\n")
    other.git("commit", "-q", "-m", "another page")
    assert code_fleet.pushed(other, "other").ok
    me = fleet.seat("CAMBER-06")
    me.git("fetch", "-q")
    me.git("update-ref", START, "origin/main")
    return me


def verdict(result) -> str:
    found = [
        *sorted(result.refusals),
        *sorted(code.lower() for code in result.warnings),
    ]
    assert result.returncode == (1 if result.refusals else 0), result
    return "".join(code for code in found if code.startswith(("FF7", "ff7")))


def begin(me) -> None:
    me.git("checkout", "-q", "--force", "--detach", START)
    me.git("clean", "-ffdxq")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_verdicts_on_a_row(played, row):
    me, branch = played, f"row-{ROWS.index(row)}"
    begin(me)
    done = row.way(me)
    assert verdict(done) == row.commit, done
    if not done.ok:
        begin(me)
        assert row.way(me, "--no-verify").ok
    pushed = code_fleet.pushed(me, branch)
    assert verdict(pushed) == row.push, pushed
    if pushed.ok:
        me.git("push", "-q", "--no-verify", "origin", f":refs/heads/{branch}")
    received = code_fleet.pushed(me, branch, "--no-verify")
    assert verdict(received) == row.server, received
    if received.ok:
        me.git("push", "-q", "--no-verify", "origin", f":refs/heads/{branch}")


def test_the_table_is_long_enough_and_knows_each_verdict():
    assert len(ROWS) >= 40
    assert {row.server for row in ROWS} >= {"", "FF701", "FF703", "ff702"}
