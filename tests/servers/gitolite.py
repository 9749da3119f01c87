"""Gitolite 3, whose seats are ordinary users."""

from contextlib import contextmanager

import pytest
from harness import make_home
from servers.account import needs
from servers.host import SEATS, Host, written
from servers.openssh import make_key, needs_openssh, sshd


@contextmanager
def gitolite(account, keys, users=SEATS, **settings):
    """A repository of Gitolite's, behind sshd."""
    needs_openssh()
    needs("gitolite3", "gitolite")
    account.write("admin.pub", make_key(keys / "admin"))
    account.run("gitolite", "setup", "-pk", "admin.pub")
    with sshd(account, keys, **settings) as server:
        _configure(server.address("admin", "gitolite-admin"), keys, users)
        folder = account.home / "repositories/fleet.git"
        yield Host(
            "gitolite",
            account,
            folder,
            lambda user, *options: server.address(user, "fleet", *options),
            server.connections,
        )


def _configure(address, keys, users):
    """Push the users and the repository, as an administrator does."""
    with pytest.MonkeyPatch.context() as patch:
        # The one thing here that is done before a test has an environment of its own.
        for name, value in make_home(keys / "home").items():
            patch.setenv(name, value)
        admin = address.clone(keys / "gitolite-admin")
    for user in users:
        admin.write(f"keydir/{user}.pub", make_key(keys / user))
    with (admin.folder / "conf/gitolite.conf").open("a") as file:
        file.write(written("gitolite", {" ".join(SEATS): " ".join(users)}))
    admin.commit("the fleet")
    admin.git("push", "-q", "origin", "HEAD")
