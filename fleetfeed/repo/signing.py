"""By what a clone signs: the key that git's settings name, and what to do without one.

`fleetfeed.signingKey` names a file: a private key, or a public key or certificate whose
private key lies beside it or in the agent. Without it, it is git's own
`user.signingKey` where `gpg.format` is `ssh`, read as git reads it.
"""

import base64
import binascii
import os
import sys
from functools import cached_property

from fleetfeed.git import queries
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.repository import Repo, top_level
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

OURS, GITS = "fleetfeed.signingkey", "user.signingkey"
_SHOWN = {OURS: "fleetfeed.signingKey", GITS: "user.signingKey"}
_LITERAL = "key::"
"""Before a public key that stands in `user.signingKey` itself; its file is nowhere."""
_MAGIC = b"openssh-key-v1\0"
_KEEPS = 1 << 20
"""Bytes: no key file is larger."""


@record
class SigningKey:
    """The key that signs for a clone.

    `name` is what git takes for a signing key: a file, or `key::` and a public key that
    the agent has the private one of. `setting` is what named it, `program` what signs.
    """

    name: str
    setting: str
    program: str = "ssh-keygen"

    @cached_property
    def public(self) -> str:
        """The public key or certificate, as `TYPE BASE64`. CannotTell without one."""
        if self.name.startswith(_LITERAL):
            return _line(self.name.removeprefix(_LITERAL))
        try:
            found = _public_of(self.name)
        except OSError as error:
            raise self.unusable(error.strerror or "it cannot be read") from error
        if not found:
            raise self.unusable("no public key is in it, or beside it")
        return found

    def sign(self, namespace: str, data: bytes) -> bytes:
        """The armoured SSH signature over `data`. CannotTell where it cannot be made.

        A passphrase is asked for on a terminal alone.
        """
        import subprocess
        import tempfile

        with tempfile.NamedTemporaryFile() as literal:
            file = self.name
            if file.startswith(_LITERAL):
                literal.write(self.public.encode() + b"\n")
                literal.flush()
                file = literal.name
            command = (self.program, "-Y", "sign", "-n", namespace, "-f", file)
            environment = {**os.environ, **quiet()}
            try:
                done = subprocess.run(
                    command,
                    env=environment,
                    input=data,
                    capture_output=True,
                    check=False,
                )
            except OSError as error:
                why = f"{printable(self.program)} cannot be run ({error.strerror})"
                raise CannotTell(f"{why}; install OpenSSH's client") from error
        if done.returncode:
            raise self.unusable(done.stderr.decode("utf-8", "backslashreplace"))
        return done.stdout

    def unusable(self, why: str) -> CannotTell:
        """What to say where this key cannot sign; `why` may be a program's words."""
        lines = [line for line in why.splitlines() if not line.startswith("Signing ")]
        words = printable(" ".join(" ".join(lines).split()), 300)
        name = printable(self.name, 300)
        message = f"{self.setting} is {name}, by which nothing can be signed ({words})"
        if self.name.startswith(_LITERAL):
            return CannotTell(f"{message}; `ssh-add` gives the key to the agent")
        private = printable(_private(self.name), 300)
        todo = f"`ssh-add {private}` gives a key to the agent"
        return CannotTell(f"{message}; {todo}, `git config {self.setting}` names one")


def signing_key(repo: Repo, stewards: tuple[str, ...] = ()) -> SigningKey:
    """The key that signs in this clone. CannotTell, with what to do, without one.

    `stewards` are who can give a key its seat.
    """
    known = repo.settings
    program = queries.setting(known, "gpg.ssh.program") or "ssh-keygen"
    ours = queries.setting(known, OURS)
    if ours:
        file = _full_path(repo, ours)
        certificate = f"{file}-cert.pub"
        public = file.endswith(".pub")
        if not public and os.path.exists(certificate):
            file = certificate
        if not os.path.exists(file):
            raise _not_there(ours, stewards)
        return SigningKey(file, _SHOWN[OURS], program)
    found = gits_key(repo)
    if found:
        return SigningKey(found, _SHOWN[GITS], program)
    message = "this fleet's commits are signed, and this clone has no key for it"
    raise CannotTell(f"{message}; {_how(stewards)}")


def gits_key(repo: Repo) -> str:
    """The key that git would sign with by SSH; empty where it has none."""
    known = repo.settings
    found = queries.setting(known, GITS)
    if not found or queries.setting(known, "gpg.format") != "ssh":
        return ""
    if found.startswith("ssh-"):
        return f"{_LITERAL}{found}"
    return found if found.startswith(_LITERAL) else _full_path(repo, found)


def quiet() -> "Mapping[str, str]":
    """What keeps ssh-keygen from asking for a passphrase where nobody is asked.

    It would ask the terminal that started a pipe, of whoever looks at something else.
    """
    if any(map(_is_terminal, (sys.stdin, sys.stderr))) or "SSH_ASKPASS" in os.environ:
        return {}
    return {"SSH_ASKPASS": "false", "SSH_ASKPASS_REQUIRE": "force"}


def _is_terminal(stream: object) -> bool:
    try:
        return stream is not None and stream.isatty()  # type: ignore[attr-defined]
    except ValueError:  # closed
        return False


def _full_path(repo: Repo, path: str) -> str:
    """A path as git takes it: from the home folder, or the top of the work tree."""
    path = os.path.expanduser(path)
    if os.path.isabs(path):
        return path
    return os.path.join(top_level(repo.git) or repo.common_folder, path)


def _not_there(path: str, stewards: tuple[str, ...]) -> CannotTell:
    message = f"fleetfeed.signingKey is {printable(path, 300)}, which is not there"
    return CannotTell(f"{message}; {_how(stewards)}")


def _how(stewards: tuple[str, ...]) -> str:
    """How a clone comes to a key."""
    who = " or ".join(map(printable, stewards)) or "a steward"
    issue = f"{who} issues one (`fleetfeed ca issue SEAT`)"
    return f"{issue}, and `git config fleetfeed.signingKey FILE` names it"


def _private(file: str) -> str:
    """Where the private key of a key's file lies."""
    return file.removesuffix(".pub").removesuffix("-cert")


def _public_of(file: str) -> str:
    """The public key or certificate in `file`, or beside it; OSError without one."""
    with open(file, "rb") as lines:
        data = lines.read(_KEEPS)
    if not file.endswith(".pub"):
        found = _of_private(data)
        if found:
            return found
        with open(f"{file}.pub", "rb") as lines:
            data = lines.read(_KEEPS)
    return _line(data.decode("utf-8", "replace"))


def _line(text: str) -> str:
    """The first two words: the kind, and the key; without the comment."""
    return " ".join(text.split("\n", 1)[0].split()[:2])


def _of_private(data: bytes) -> str:
    """The public key in a private key of OpenSSH's own form (PROTOCOL.key).

    It is not encrypted: `openssh-key-v1`, three strings about the cipher, a number of
    keys, and the first one. Empty where that is no such file.
    """
    head, _, rest = data.partition(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    body, end, _ = rest.partition(b"-----END OPENSSH PRIVATE KEY-----")
    if head.strip() or not end:
        return ""
    try:
        raw = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return ""
    if not raw.startswith(_MAGIC):
        return ""
    raw = raw[len(_MAGIC) :]
    for _ in range(3):
        _, raw = _string(raw)
    blob, _ = _string(raw[4:])
    kind, _ = _string(blob)
    if not kind:
        return ""
    return f"{kind.decode('ascii', 'replace')} {base64.b64encode(blob).decode()}"


def _string(raw: bytes) -> tuple[bytes, bytes]:
    """The string at the start of `raw`, and what follows; empty where it is cut off."""
    size = int.from_bytes(raw[:4], "big")
    return raw[4 : 4 + size], raw[4 + size :]
