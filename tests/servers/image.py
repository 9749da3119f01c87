"""What a container file says, done without a container tool: on a copy of this system.

The image's root is an overlay on this machine's, in a mount namespace of its own, so this
Debian stands in for the one that the file names; nothing of what is done there is seen
here. Each `RUN` is run there by a shell, as root and with the network, each `COPY` taken
from the checkout. What runs then has no capabilities, a root that is read-only, and the
two volumes, as examples/server/compose.yaml has it.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import clean
from harness.serving import HOST
from servers.account import ENDED_WITH_US, end, free_port, listens_at

TOP = Path(__file__).parents[2]
FILE = TOP / "examples/server/Containerfile"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Step:
    """One instruction: `RUN` and its words, say."""

    name: str
    words: str


def steps(text: str) -> Iterator[Step]:
    """The instructions of a container file, each on one line."""
    whole = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, whole.splitlines())):
        name, _, words = line.partition(" ")
        yield Step(name, words.strip())


# `$1`: the overlay's folders; `$2`: how it is mounted; the rest is run in it.
_WITHIN = """\
set -e
root=$1/root; upper=$1/upper; mode=$2; shift 2
mount -t overlay overlay -o "lowerdir=/,upperdir=$upper,workdir=${upper%upper}work" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
if [ "$mode" = run ]; then
    mount --bind "${upper%upper}fleet" "$root/srv/fleet"
    mount --bind -o ro "${upper%upper}keys" "$root/srv/keys"
    mount -o remount,ro,bind "$root"
fi
exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class Image:
    """An image in `folder`, which is built there."""

    folder: Path

    def within(self, mode: str, *args: str) -> tuple[str, ...]:
        """The command that runs `args` there, to `build` it or to `run` it."""
        enter = ("unshare", "--mount", "--propagation", "private")
        return (*enter, "sh", "-c", _WITHIN, "-", str(self.folder), mode, *args)

    def build(self) -> None:
        """Do what the file says; skips where this system cannot stand in for another."""
        for name in ("root", "upper", "work", "fleet", "keys"):
            (self.folder / name).mkdir()
        self._try()
        for step in steps(FILE.read_text("utf-8")):
            if step.name == "RUN":
                self._run(step.words)
            elif step.name == "COPY":
                self._copy(step.words.split())
        # As a volume is, which begins as what the image has there.
        owner = (self.folder / "upper/srv/fleet").stat()
        os.chown(self.folder / "fleet", owner.st_uid, owner.st_gid)

    def _try(self) -> None:
        if os.geteuid() != 0 or not shutil.which("unshare"):
            pytest.skip("only root can stand in for a container tool")
        words = ("sh", "-c", "command -v apt-get && ! id git && ! id 2222")
        done = subprocess.run(
            self.within("build", *words), capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no overlay of a Debian without an account git: {done.stderr}")

    def _run(self, words: str) -> None:
        around = clean(HOME="/root", PATH=_PATH)
        done = subprocess.run(
            self.within("build", "/bin/sh", "-c", words),
            env=around,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (words, done.stdout)

    def _copy(self, words: list[str]) -> None:
        mode = next((w.partition("=")[2] for w in words if w.startswith("--chmod")), "")
        *sources, to = (word for word in words if not word.startswith("--"))
        for source in sources:
            there = self.folder / "upper" / to.strip("/")
            if (TOP / source).is_dir():
                shutil.copytree(TOP / source, there)
                continue
            target = there / Path(source).name if to.endswith("/") else there
            for folder in reversed(target.parents):
                folder.mkdir(exist_ok=True, mode=0o755)
            shutil.copy(TOP / source, target)
            target.chmod(int(mode or "644", 8))

    @contextmanager
    def serving(self, said: Path) -> Iterator[int]:
        """Run what the file says is run, as whom it says; the port on the loopback."""
        last = {step.name: step.words for step in steps(FILE.read_text("utf-8"))}
        words = [*json.loads(last["ENTRYPOINT"]), *json.loads(last["CMD"])]
        drop = ("setpriv", f"--reuid={last['USER']}", f"--regid={last['USER']}")
        none = ("--inh-caps=-all", "--bounding-set=-all")
        bare = ("--clear-groups", "--no-new-privs", *none)
        port = free_port()
        around = {"PATH": _PATH, "FLEETFEED_LISTEN": f"{HOST}:{port}"}
        with said.open("w") as log:
            server = subprocess.Popen(
                (*ENDED_WITH_US, *self.within("run", *drop, *bare, *words)),
                env=around,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            assert listens_at(server, (HOST, port)), said.read_text()
            yield port
        finally:
            end(server)
