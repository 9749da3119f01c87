"""Keys, an authority and its certificates, and a fleet whose policy is `signed`.

Made by OpenSSH itself and by plain git: nothing here comes from the package under test.
"""

import datetime as dt
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.fleet import Fleet, Seat
from harness.posts import path, post
from harness.repo import Result


def stamp(seconds: float) -> str:
    """A time as ssh-keygen takes it, in UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y%m%d%H%M%SZ")


def ssh_keygen(*args: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> bytes:
    """Run ssh-keygen, in UTC; what it prints."""
    words = ("ssh-keygen", *map(str, args))
    done = subprocess.run(
        words, input=stdin, capture_output=True, check=False, cwd=cwd, env=_UTC
    )
    assert done.returncode == 0, (words, done)
    return done.stdout


_UTC = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"}


@dataclass(frozen=True)
class Key:
    """A private key's file, without a passphrase; or a certificate's, beside its key."""

    file: Path

    @classmethod
    def make(
        cls, folder: Path, name: str, kind: str = "ed25519", bits: int = 0
    ) -> "Key":
        """A new key in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        size = ("-b", str(bits)) if bits else ()
        ssh_keygen("-q", "-t", kind, *size, "-N", "", "-C", name, "-f", folder / name)
        return cls(folder / name)

    @property
    def public_file(self) -> Path:
        """The public key's file; a certificate's is itself."""
        return self.file.with_name(self.file.name.removesuffix(".pub") + ".pub")

    @property
    def public(self) -> str:
        """`kind base64`."""
        return " ".join(self.public_file.read_text().split()[:2])

    @cached_property
    def fingerprint(self) -> str:
        """`SHA256:…`."""
        return ssh_keygen("-l", "-f", self.public_file).decode().split()[1]

    def sign(self, data: bytes, namespace: str = "git") -> bytes:
        """An armoured signature over `data`."""
        return ssh_keygen(
            "-q", "-Y", "sign", "-f", self.file, "-n", namespace, stdin=data
        )

    def certify(
        self,
        key: "Key",
        *principals: str,
        serial: int = 1,
        valid: str = "",
        more: tuple[str, ...] = (),
    ) -> "Key":
        """A certificate by this authority; `valid` as `ssh-keygen -V` takes it.

        Each lies in a folder of its own, beside a copy of its private key.
        """
        names = ("-n", ",".join(principals)) if principals else ()
        until = ("-V", valid) if valid else ()
        folder = key.file.parent / f"{key.file.name}-certificates"
        folder.mkdir(exist_ok=True)
        here = folder / str(len(list(folder.iterdir())))
        here.mkdir()
        for each in (key.file, key.public_file):
            shutil.copy(each, here / each.name)
        copied = here / key.file.name
        ssh_keygen(
            "-q", "-s", self.file, "-I", f"{key.file.name}-{serial}", *names,
            "-z", str(serial), *until, *more, copied.with_suffix(".pub"),
        )  # fmt: skip
        return Key(here / f"{key.file.name}-cert.pub")


def between(start: float, end: float) -> str:
    """A validity for `certify`, in seconds since 1970."""
    return f"{stamp(start)}:{stamp(end)}"


def revoking(
    folder: Path, *keys: Key, authority: Key | None = None, lines: str = ""
) -> bytes:
    """A KRL of `keys`, and of what `lines` say (`serial: 7`), of that authority."""
    made, listed = folder / "krl", folder / "krl-lines"
    listed.write_text(lines)
    by = ("-s", authority.public_file) if authority else ()
    files = [key.public_file for key in keys]
    ssh_keygen("-q", "-k", "-f", made, *by, *files, *([listed] if lines else []))
    return made.read_bytes()


def signs(seat: Seat, key: Key | None) -> Seat:
    """Let plain git in this clone sign each commit with `key` (None: none)."""
    seat.git("config", "gpg.format", "ssh")
    seat.git("config", "commit.gpgSign", "true" if key else "false")
    if key:
        seat.git("config", "user.signingKey", str(key.file))
    return seat


@dataclass(frozen=True)
class SignedFleet:
    """A fleet in mode `signed`, whose steward is FLEET-01.

    `allowed_signers` knows the keys of FLEET-01 (each of that seat's, and sub-seats),
    CAMBER-06 and CAMBER-07 likewise, and the authority `ca`, for any seat.
    """

    fleet: Fleet
    keys: Path

    def key(self, name: str) -> Key:
        """The key `name`: `FLEET-01`, `CAMBER-06`, `CAMBER-07`, `ca`, or `stranger`."""
        return Key(self.keys / name)

    def seat(self, name: str = "CAMBER-06", key: Key | None = None) -> Seat:
        """The clone of a seat, whose plain git signs with its key, or with `key`."""
        return signs(self.fleet.seat(name), key or self.key(name))

    def certificate(
        self, *principals: str, key: str = "stranger", **more: str | int
    ) -> Key:
        """A certificate for the key named, by the authority."""
        return self.key("ca").certify(self.key(key), *principals, **more)  # type: ignore[arg-type]

    @classmethod
    def make(cls, fleet: Fleet, keys: Path) -> "SignedFleet":
        """Turn a new fleet into a signed one, in one push by plain git."""
        for name in (*_SEATS, "ca", "stranger", "other-ca"):
            Key.make(keys, name)
        made = cls(fleet, keys)
        steward = made.seat("FLEET-01")
        policy = steward.holds("feed/policy.yaml") or ""
        steward.write("feed/policy.yaml", signed_policy(policy))
        steward.write("feed/allowed_signers", made.signers())
        steward.commit("the fleet signs")
        steward.push()
        shutil.rmtree(steward.folder)  # a copy of it would push to this very server
        return made

    def signers(self, *more: str) -> str:
        """The text of `allowed_signers`, and `more` lines."""
        rows = [f"{name},{name}/* {self.key(name).public}" for name in _SEATS]
        ca = f'* cert-authority,namespaces="git,fleetfeed" {self.key("ca").public}'
        return "".join(f"{row}\n" for row in [*rows, ca, *more])

    def copy(self, folder: Path) -> "SignedFleet":
        """A copy of this fleet in `folder`; the keys are shared."""
        return SignedFleet(self.fleet.copy(folder), self.keys)


_SEATS = ("FLEET-01", "CAMBER-06", "CAMBER-07")


def signed_policy(text: str, stewards: str = "FLEET-01", more: str = "") -> str:
    """The policy `text`, in mode `signed`, with these stewards."""
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(("identity:", "stewards:"))
    ]
    return "\n".join(
        [*kept, "identity: {mode: signed}", f"stewards: [{stewards}]", more, ""]
    )


def files_post(seat: Seat, item: str = "CMB-0001", **fields: str) -> Result:
    """Commit a hand-written post by plain git."""
    seat.write(path(item), post(item=item, **fields))
    return seat.commit(f"file {item}", ok=None)
