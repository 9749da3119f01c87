"""What a web server adds: passwords, and a limit to what it takes."""

import os

import pytest
from servers.host import SEATS
from servers.web import apache, web


@pytest.mark.parametrize("kind", [web, apache])
def test_a_large_push_needs_its_password_and_no_more(account, kind, tmp_path):
    (tmp_path / "keys").mkdir()
    with kind(account.at(f"a-{kind.__name__}"), tmp_path / "keys") as host:
        host.fleetfeed("install", "--server", host.folder)
        seat = host.address(SEATS[0]).clone(tmp_path / "seat")
        seat.write("large", os.urandom(2_000_000))
        seat.commit("more than nginx takes by itself")
        push = ("push", "-q", "origin", "HEAD:refs/heads/large")
        said = seat.git("-c", "credential.helper=", *push, ok=False)
        assert "could not read Password" in said.stderr
        seat.git(*push)
        assert host.connections(SEATS[0]) > 0
