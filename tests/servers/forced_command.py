"""Plain SSH: each key runs git-shell and nothing else."""

from contextlib import contextmanager

from servers.host import SEATS, Host, written
from servers.openssh import make_key, needs_openssh, sshd


@contextmanager
def forced_command(account, keys, users=SEATS, **settings):
    """A repository behind sshd and git-shell."""
    needs_openssh()
    lines = (_line(user, make_key(keys / user)) for user in users)
    account.write(".ssh/authorized_keys", "".join(lines))
    folder = account.home / "fleet.git"
    account.run("git", "init", "-q", "--bare", folder)
    with sshd(account, keys, **settings) as server:

        def address(seat, *options):
            return server.address(seat, str(folder).lstrip("/"), *options)

        yield Host("forced command", account, folder, address, server.connections)


def _line(user, key):
    places = {"PUSHER=alice": f"PUSHER={user}", "ssh-ed25519 AAAA... alice": key}
    return written("authorized_keys", places)
