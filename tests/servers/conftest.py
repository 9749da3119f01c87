"""The servers, each started once for the tests of a process, with a fleet on it."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from servers import account as accounts
from servers.fleet_there import FleetThere
from servers.forced_command import forced_command
from servers.gitolite import gitolite
from servers.web import web


@pytest.fixture(scope="session")
def account():
    """Whom the servers run as, in a folder that every account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="fleetfeed-servers-"))
    folder.chmod(0o755)
    try:
        yield accounts.account(folder)
    finally:
        shutil.rmtree(folder)


def _fleet_on(kind):
    """A fixture: a fleet on a server of this kind, begun when it is asked for."""

    @pytest.fixture(scope="session", name=kind.__name__)
    def begun(account, tmp_path_factory):
        keys = tmp_path_factory.mktemp("keys")
        with kind(account.at(kind.__name__), keys) as host:
            host.fleetfeed("install", "--server", host.folder)
            yield FleetThere(host, tmp_path_factory.mktemp("fleet"))

    return begun


on_forced_command, on_gitolite, on_web = map(_fleet_on, (forced_command, gitolite, web))
KINDS = ("forced_command", "gitolite", "web")


@pytest.fixture(params=KINDS)
def there(request):
    """The fleet on each of the servers."""
    fleet = request.getfixturevalue(request.param)
    fleet.begin()
    return fleet


@pytest.fixture
def everywhere(request):
    """The fleets on all servers that can be had here."""
    found = []
    for kind in KINDS:
        with suppress(pytest.skip.Exception):
            found.append(request.getfixturevalue(kind))
    if not found:
        pytest.skip(f"none of {', '.join(KINDS)} can be had here")
    return found
