"""A server's repository that root looks after, and another account serves."""

import os
import re

import pytest
from harness import Server, clean
from servers.host import Host

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can look after another's repository"
)


def opened(folder):
    """The repository as root sees it, who has told git to trust its owner."""
    server = Server(folder, clean())
    server.git("config", "--global", "--add", "safe.directory", str(folder))
    return server


def advised(said):
    """The command that is to be run as the repository's owner."""
    return re.search(r"`sudo -u (\S+) (.*?)`", said).groups()


def test_what_root_has_tried_proves_nothing(web):
    web.begin()
    server = opened(web.host.folder)
    told = server.fleetfeed("doctor", "--server", str(server.folder), ok=False)
    skipped = [line for line in told.stdout.splitlines() if line.startswith("skipped")]
    assert (told.returncode, len(skipped)) == (3, 1), told
    name, command = advised(told.stdout)
    assert name == web.host.account.name
    web.host.fleetfeed(*command.split()[1:])


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_root_leaves_no_files_in_anothers_repository(account, verb):
    served = account.at(f"owned-{verb}")
    served.run("git", "init", "-q", "--bare", "fleet.git")
    folder = served.home / "fleet.git"
    host = Host("owned", served, folder, None, None)
    if verb == "uninstall":
        host.fleetfeed("install", "--server", folder)
    words = (verb, "--server", str(folder))
    distrusts = Server(folder, clean()).fleetfeed(*words, ok=False)
    assert "detected dubious ownership" in distrusts.stderr
    refused = opened(folder).fleetfeed(*words, ok=False)
    assert refused.returncode == 2
    name, command = advised(refused.stderr)
    assert name == served.name
    host.fleetfeed(*command.split()[1:])
    own = served.run("find", folder, "-not", "-user", name)
    assert not own
