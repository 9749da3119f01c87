"""What a client that may set variables on an OpenSSH server can do to its hook."""

import pytest
from harness import claim, path
from servers.fleet_there import FleetThere, new
from servers.forced_command import forced_command
from servers.host import SEATS

ONE, OTHER = SEATS[:2]


@pytest.fixture(scope="module")
def open_host(account, tmp_path_factory):
    """A server whose sshd accepts `GIT_*`."""
    keys = tmp_path_factory.mktemp("keys")
    with forced_command(account.at("open"), keys, accepted="GIT_*") as host:
        host.fleetfeed("install", "--server", host.folder)
        yield host


@pytest.fixture
def collides(open_host, tmp_path):
    """Pushes a second holder past the client's hooks, with git settings on the server."""
    there = FleetThere(open_host, tmp_path)
    there.begin()
    there.plays(ONE, "claim", *new("taken"))
    seat = there.seat(OTHER)
    seat.git("pull", "-q", "--ff-only")
    seat.write(path("CMB-0002"), claim("CMB-0002", "CAMBER:job:taken:part", seat=OTHER))
    seat.commit("a second holder", "--no-verify")

    def push(ref="HEAD:main", **settings):
        names = [f"GIT_CONFIG_KEY_{n}={name}" for n, name in enumerate(settings)]
        values = [f"GIT_CONFIG_VALUE_{n}={v}" for n, v in enumerate(settings.values())]
        given = " ".join((f"GIT_CONFIG_COUNT={len(settings)}", *names, *values))
        ssh = open_host.address(OTHER, "-o", f"SetEnv={given}").options
        return seat.git(*ssh, "push", "--no-verify", "origin", ref, ok=None)

    return push


def test_accepted_variables_lead_around_every_hook(collides):
    """git runs none: that is why the page has `AcceptEnv GIT_PROTOCOL` at the most."""
    assert not collides().ok
    assert collides(**{"core.hooksPath": "/dev/null"}).ok
