"""Gitolite 3, whose seats are ordinary users."""

from contextlib import contextmanager

import pytest
from harness import make_home
from servers.account import needs
from servers.host import SEATS, Host, written
from servers.openssh import make_key, needs_openssh, sshd


@contextmanager
def gitolite(account, keys):
    """A repository of Gitolite's, behind sshd."""
    needs_openssh()
    needs("gitolite3", "gitolite")
    account.write("admin.pub", make_key(keys / "admin"))
    account.run("gitolite", "setup", "-pk", "admin.pub")
    with sshd(account, keys) as server:
        _configure(server.address("admin", "gitolite-admin"), keys)
        folder = account.home / "repositories/fleet.git"
        yield Host(
            "gitolite",
            account,
            folder,
            lambda seat: server.address(seat, "fleet"),
            server.connections,
        )


def _configure(address, keys):
    """Push the users and the repository, as an administrator does."""
    with pytest.MonkeyPatch.context() as patch:
        # The one thing here that is done before a test has an environment of its own.
        for name, value in make_home(keys / "home").items():
            patch.setenv(name, value)
        admin = address.clone(keys / "gitolite-admin")
    for seat in SEATS:
        admin.write(f"keydir/{seat}.pub", make_key(keys / seat))
    with (admin.folder / "conf/gitolite.conf").open("a") as file:
        file.write(written("gitolite", {}))
    admin.commit("the fleet")
    admin.git("push", "-q", "origin", "HEAD")
