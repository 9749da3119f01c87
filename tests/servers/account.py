"""Whom the servers run as, and what of fleetfeed that account can read.

Where root runs the tests, servers have an account of their own, as they have in life:
it cannot read root's home, nor a virtual environment there. Anyone else's servers run
as whoever runs the tests.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import distribution, requires
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest
from harness.serving import HOST

NAME = "fleetfeed-servers"
MADE_BY = f"useradd --system --no-create-home --home-dir / --shell /bin/sh {NAME}"
# sshd and nginx are in a folder that only root has on its PATH.
PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
_SECONDS = 10
# A test run that is killed ends nothing any more: then the kernel does.
ENDED_WITH_US = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()


def needs(package, *programs):
    """Skip the test where a program is missing, and say which package has it."""
    missing = [name for name in programs if not shutil.which(name, path=PATH)]
    if missing:
        pytest.skip(f"no {', '.join(missing)} here (Debian: apt install {package})")


@dataclass(frozen=True)
class Account:
    """Who serves: `home` is a folder of its own, `python` one that has fleetfeed."""

    name: str
    home: Path
    python: Path

    @property
    def become(self):
        """How a process is started, so that it is the account's."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.name, "group": self.name, "extra_groups": []}

    def at(self, name):
        """The same account with another home, for another server."""
        self.run("mkdir", name)
        return replace(self, home=self.home / name)

    @property
    def environment(self):
        return {"PATH": PATH, "HOME": str(self.home), "LC_ALL": "C.UTF-8"}

    def run(self, *args, ok=True, **more):
        """What a command of the account prints, on both streams."""
        done = subprocess.run(
            tuple(map(str, args)),
            **self.become,
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **more,
        )
        assert ok is None or ok == (done.returncode == 0), done
        return done.stdout

    def write(self, path, text):
        """A file of the account's; its path."""
        file = self.home / path
        self.run("mkdir", "-p", file.parent)
        self.run("sh", "-c", 'cat > "$1" && chmod 600 "$1"', "-", file, input=text)
        return file

    @contextmanager
    def serving(self, listens, start):
        """Run the program that `start(port)` names until the block ends: the port.

        The block begins when it listens at `listens(port)`. Somebody may take the port
        that was free a moment ago: then another is tried.
        """
        for _ in range(5):
            port = free_port()
            server = subprocess.Popen(
                (*ENDED_WITH_US, *map(str, start(port))),
                **self.become,
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                if listens_at(server, listens(port)):
                    yield port
                    return
            finally:
                end(server)
        said = "".join(log.read_text() for log in self.home.glob("*.log"))
        pytest.fail(f"{start(0)[0]} does not start: {said}")


def free_port():
    """A port of the loopback that nobody listens at."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]


def listens_at(server, address):
    """Whether the process `server` listens at `address`, after some seconds at most."""
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
    until = time.monotonic() + _SECONDS
    while server.poll() is None and time.monotonic() < until:
        with socket.socket(family) as one, suppress(OSError):
            one.connect(address)
            return server.poll() is None
        time.sleep(0.02)
    return False


def end(server):
    """End a server and all that it has started."""
    for number in (SIGTERM, SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(_SECONDS)


def account(folder):
    """The account, at home in `folder`, with a Python that has fleetfeed."""
    name = pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        name = NAME
        if name not in {each.pw_name for each in pwd.getpwall()}:
            pytest.skip(f"root serves nobody, and there is no account: {MADE_BY}")
        shutil.chown(folder, name, name)
    serving = Account(name, folder, folder / "python/bin/python")
    _make_python(serving)
    return serving


def _make_python(account):
    """An environment with copies of fleetfeed and of what it needs."""
    same = "python{}.{}".format(*sys.version_info)
    pythons = (
        Path(sys.executable).resolve(),
        f"/usr/bin/{same}",
        f"/usr/local/bin/{same}",
    )
    first = 'for each; do test -x "$each" && exec echo "$each"; done'
    found = account.run("sh", "-c", first, "-", *pythons, ok=None).strip()
    if not found:
        pytest.skip(
            f"{account.name} can run no {same} here (Debian: apt install python3)"
        )
    account.run(found, "-m", "venv", "--without-pip", "python")
    (site,) = account.home.glob("python/lib/python*/site-packages")
    for file in (
        each for name in _needed("fleetfeed") for each in distribution(name).files
    ):
        there = Path(file.locate())
        if ".." not in file.parts and there.is_file():
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(there, site / file)
    here = Path(__file__).parents[2]
    shutil.copytree(here / "fleetfeed", site / "fleetfeed")
    shutil.copytree(here / "hooks", site / "fleetfeed/_hooks")
    subprocess.run(("chmod", "-R", "a+rX", str(site)), check=True)


def _needed(name):
    """The distributions that one requires here, and those that they require."""
    lines = [line for line in requires(name) or () if "extra" not in line]
    for needed in (re.match(r"[\w.-]+", line)[0] for line in lines):
        yield needed
        yield from _needed(needed)
