"""sshd on the loopback, with a key for each seat."""

import base64
import hashlib
import shlex
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import Address, clean
from harness.serving import HOST
from servers.account import Account, needs

# The key exchange that is the default since 9.0 takes a tenth of a second of CPU more.
_CONFIG = """\
ListenAddress {host}:{port}
HostKey {home}/host_key
AuthorizedKeysFile {home}/.ssh/authorized_keys
AcceptEnv {accepted}
SetEnv HOME={home}
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
KexAlgorithms curve25519-sha256
MaxStartups 100
"""


def needs_openssh():
    needs("openssh-server openssh-client", "sshd", "ssh", "ssh-keygen")


def make_key(file):
    """A new key for a seat, or for a host; its public line."""
    args = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", file.name, "-f")
    subprocess.run((*args, str(file)), check=True, env=clean())
    return file.with_suffix(".pub").read_text()


@dataclass(frozen=True)
class Sshd:
    """A running sshd. `keys` is a folder of the tests, with a file for each seat."""

    account: Account
    port: int
    keys: Path

    def command(self, seat, *options):
        """The `ssh` of a seat, which knows this host and no other."""
        return (
            *("ssh", "-F", "/dev/null", "-i", str(self.keys / seat)),
            *("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
            *("-o", f"UserKnownHostsFile={self.keys / 'known_hosts'}", *options),
        )

    def address(self, seat, path, *options):
        """Where a seat finds the repository at `path` of the host."""
        there = f"ssh://{self.account.name}@{HOST}:{self.port}/{path}"
        ssh = shlex.join(self.command(seat, *options))
        return Address(there, {"core.sshCommand": ssh, "ssh.variant": "ssh"})

    def connections(self, seat):
        """How many there were with a seat's key."""
        key = base64.b64decode((self.keys / f"{seat}.pub").read_text().split()[1])
        name = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
        return (self.account.home / "sshd.log").read_text().count(f"SHA256:{name}")


@contextmanager
def sshd(account, keys, accepted="GIT_PROTOCOL"):
    """Listen for the keys in the account's own file until the block ends."""
    home = account.home
    account.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / "host_key")

    def start(port):
        known = (home / "host_key.pub").read_text()
        (keys / "known_hosts").write_text(f"[{HOST}]:{port} {known}")
        text = _CONFIG.format(host=HOST, port=port, home=home, accepted=accepted)
        config = account.write("sshd_config", text)
        program = account.run("sh", "-c", "command -v sshd").strip()
        return (program, "-D", "-f", config, "-E", home / "sshd.log")

    with account.serving(lambda port: (HOST, port), start) as port:
        yield Sshd(account, port, keys)
