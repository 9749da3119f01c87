"""What a web server adds: passwords, and a limit that nginx has by itself."""

import os

import pytest
from servers.host import SEATS
from servers.web import web


@pytest.fixture(scope="module")
def guarded(account, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys")
    with web(account.at("for-one"), keys) as host:
        host.fleetfeed("install", "--server", host.folder)
        yield host


def test_a_large_push_needs_its_password_and_no_more(guarded, tmp_path):
    seat = guarded.address(SEATS[0]).clone(tmp_path / "seat")
    seat.write("large", os.urandom(2_000_000))
    seat.commit("more than nginx takes by itself")
    push = ("push", "-q", "origin", "HEAD:refs/heads/large")
    said = seat.git("-c", "credential.helper=", *push, ok=False)
    assert "could not read Password" in said.stderr
    seat.git(*push)
