"""The servers, each started once for the tests of a process, with a fleet on it."""

import shutil
import tempfile
from pathlib import Path

import pytest
from servers import account as accounts
from servers.fleet_there import FleetThere
from servers.forced_command import forced_command
from servers.gitolite import gitolite
from servers.web import web

HOSTS = {"forced-command": forced_command, "gitolite": gitolite, "http": web}


@pytest.fixture(scope="session")
def account():
    """Whom the servers run as, in a folder that every account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="fleetfeed-servers-"))
    folder.chmod(0o755)
    try:
        yield accounts.account(folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session", params=HOSTS.values(), ids=HOSTS)
def host(request, account, tmp_path_factory):
    """A server under way, with one guarded repository."""
    name = request.param.__name__
    keys = tmp_path_factory.mktemp("keys")
    with request.param(account.at(name), keys) as host:
        host.fleetfeed("install", "--server", host.folder)
        yield host


@pytest.fixture(scope="session")
def began(host, tmp_path_factory):
    return FleetThere(host, tmp_path_factory.mktemp(host.name))


@pytest.fixture
def there(began):
    """The fleet on a server: a feed with a short grace, and seats on demand."""
    began.begin()
    return began
