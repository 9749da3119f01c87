"""What a client that may set variables on an OpenSSH server can do to its hook."""

from harness import claim, path
from servers.fleet_there import FleetThere, new
from servers.forced_command import forced_command
from servers.host import SEATS

ONE, OTHER = SEATS[:2]
# Each would let a second holder in, were it the hook's; the last one is git's.
SETTINGS = {
    "fleetfeed.dir": "elsewhere",
    "fleetfeed.ref": "refs/heads/other",
    "fleetfeed.server": "another",
    "receive.fsckObjects": "false",
    "core.hooksPath": "/dev/null",
}


def test_accepted_variables_do_not_move_what_the_hook_guards(account, tmp_path):
    """The hook reads the repository's own config; whether git runs it is another matter.

    That is why the page has `AcceptEnv GIT_PROTOCOL` at the most.
    """
    for folder in ("keys", "seats"):
        (tmp_path / folder).mkdir()
    with forced_command(
        account.at("open"), tmp_path / "keys", accepted="GIT_*"
    ) as host:
        host.fleetfeed("install", "--server", host.folder)
        there = FleetThere(host, tmp_path / "seats")
        there.begin()
        there.plays(ONE, "claim", *new("taken"))
        seat = _a_second_holder(there)
        landed = [name for name in SETTINGS if _pushes(host, seat, name).ok]
        assert landed == ["core.hooksPath"]


def _a_second_holder(there):
    seat = there.seat(OTHER)
    seat.git("push", "-q", "origin", "HEAD:refs/heads/other")
    seat.git("pull", "-q", "--ff-only")
    seat.write(path("CMB-0002"), claim("CMB-0002", "CAMBER:job:taken:part", seat=OTHER))
    seat.commit("a second holder", "--no-verify")
    return seat


def _pushes(host, seat, name):
    """A push past the client's hooks, with a setting for the server's git."""
    one = f"GIT_CONFIG_KEY_0={name} GIT_CONFIG_VALUE_0={SETTINGS[name]}"
    ssh = host.address(OTHER, "-o", f"SetEnv=GIT_CONFIG_COUNT=1 {one}")
    push = ("push", "--no-verify", "origin", "HEAD")
    said = seat.git(*ssh.options, *push, ok=None)
    assert said.ok or "FF401 COLLIDE-WITH-CMB-0001" in said.stderr, said
    return said
