"""The board that follows, where posts are in a database."""

from board.live import ended, served, stream, until
from harness import Repo


def claimed(seat, name):
    words = ("--subject", name, "--surface", f"CAMBER:page:{name}", "--proof", "new")
    return seat.fleetfeed("claim", "--new", "CMB", *words).stdout.split()[0]


def test_it_tells_what_changes_and_what_is_let_go(tmp_path, postgres):
    seat = Repo.init(tmp_path / "repo", FLEETFEED_SEAT="CAMBER-06")
    seat.git("commit", "-q", "--allow-empty", "-m", "some code")
    seat.fleetfeed("ledger", "init", "--here", postgres.url())
    first = claimed(seat, "first")
    with served(seat) as (process, port):
        with stream(port) as told:
            assert until(told)["order"] == [first]
            second = claimed(seat, "second")
            assert second in until(told)["rows"]
            seat.fleetfeed("done", second)
            assert until(told)["order"] == [first]
        assert ended(process) == 0
        assert process.stderr.read() == ""
