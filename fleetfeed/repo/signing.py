"""By what a clone signs: the key that git's settings name, and what to do without one.

`fleetfeed.signingKey` names a file: a private key, or a public key or certificate whose
private key lies beside it or in the agent. Without it, it is git's own
`user.signingKey` where `gpg.format` is `ssh`, read as git reads it.
"""

import os
from functools import cached_property

from fleetfeed.git import queries
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.ssh_format import (
    PublicKey,
    key_of_blob,
    key_of_line,
    public_blob_in,
)
from fleetfeed.repo.repository import Repo, top_level
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

OURS, GITS = "fleetfeed.signingkey", "user.signingkey"
_SHOWN = {OURS: "fleetfeed.signingKey", GITS: "user.signingKey"}
_LITERAL = "key::"
"""Before a public key that stands in `user.signingKey` itself; its file is nowhere."""
_LARGEST = 64 * 1024
"""Bytes of a key's file that are read: no key has more."""
_LOCKED = "incorrect passphrase"
"""What ssh-keygen says of a key with a passphrase, also where it asked for none."""
_NO_SIGNER = "unknown option"
"""What an ssh-keygen says that knows no signatures, before 8.1."""

SSH_KEYS = tuple(f"~/.ssh/{name}" for name in ("id_ed25519", "id_ecdsa", "id_rsa"))
"""The keys that ssh looks for, those of small signatures first."""


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
    def public(self) -> PublicKey:
        """The public key, or certificate. CannotTell where it cannot be read."""
        try:
            if self.name.startswith(_LITERAL):
                return key_of_line(self.name.removeprefix(_LITERAL))
            return _public_in(self.name)
        except OSError as error:
            raise self.unusable(error.strerror or "it cannot be read") from error
        except ValueError as error:
            raise self.unusable(str(error)) from error

    def sign(self, namespace: str, data: bytes, *, beside: bool = False) -> bytes:
        """The armoured SSH signature over `data`. CannotTell where it cannot be made.

        A passphrase is asked for on a terminal alone, and not `beside` a program that
        has it.
        """
        import tempfile

        from fleetfeed.git.ssh_keygen import run, unasked

        with tempfile.NamedTemporaryFile() as literal:
            file = self.name
            if file.startswith(_LITERAL):
                literal.write(f"{self.public.line}\n".encode())
                literal.flush()
                file = literal.name
            args = ("-Y", "sign", "-n", namespace, "-f", file)
            done = run(*args, stdin=data, program=self.program, beside=beside)
        if done.returncode:
            why = done.stderr.decode("utf-8", "backslashreplace")
            raise self.unusable(why, asked=not (beside or unasked()))
        return done.stdout

    def unusable(self, why: str, *, asked: bool = True) -> CannotTell:
        """What to say where this key cannot sign; `why` may be a program's words.

        `asked` is whether it could ask somebody for the passphrase.
        """
        from shutil import which  # late: only where something is wrong

        from fleetfeed.git.ssh_keygen import INSTALL, not_started

        lines = [line for line in why.splitlines() if not line.startswith("Signing ")]
        words = printable(" ".join(" ".join(lines).split()), 300)
        if _LOCKED in words and not asked:
            words = "it has a passphrase, and nobody can be asked for it here"
        if not which(self.program):
            return not_started(FileNotFoundError(), self.program)
        if _NO_SIGNER in words:
            return CannotTell(f"{self.program} is too old to sign; {INSTALL}")
        name = printable(self.name, 60 if self.name.startswith(_LITERAL) else 300)
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
    ours = queries.setting(repo.settings, OURS)
    if ours:
        file = _named_file(repo, ours)
        if not file.startswith(_LITERAL) and not os.path.exists(file):
            message = f"{_SHOWN[OURS]} is {printable(ours, 300)}, which is not there"
            raise CannotTell(f"{message}; {_how(repo, stewards)}")
        return SigningKey(file, _SHOWN[OURS], _program(repo))
    found = git_signing(repo)
    if found:
        return found
    message = "this fleet's commits are signed, and this clone has no key for it"
    raise CannotTell(f"{message}; {_how(repo, stewards)}")


def git_signing(repo: Repo) -> SigningKey | None:
    """The key that git itself would sign with by SSH, where it is told of one."""
    known = repo.settings
    name = queries.setting(known, GITS)
    if not name or not _by_ssh(repo):
        return None
    if name.startswith("ssh-"):
        name = f"{_LITERAL}{name}"
    elif not name.startswith(_LITERAL):
        name = _full_path(repo, name)
    return SigningKey(name, _SHOWN[GITS], _program(repo))


def unsigned_by_git(repo: Repo) -> tuple[str, ...]:
    """The commands that are missing until git signs every commit by itself, by SSH."""
    ours = queries.setting(repo.settings, OURS)
    file = quoted(_named_file(repo, ours)) if ours else "FILE"
    missing = {
        "gpg.format ssh": not _by_ssh(repo),
        f"user.signingKey {file}": git_signing(repo) is None,
        "commit.gpgSign true": not queries.is_true(repo.settings, "commit.gpgsign"),
    }
    return tuple(f"git config {what}" for what, lacks in missing.items() if lacks)


def _by_ssh(repo: Repo) -> bool:
    return queries.setting(repo.settings, "gpg.format") == "ssh"


def _program(repo: Repo) -> str:
    return queries.setting(repo.settings, "gpg.ssh.program") or "ssh-keygen"


def _named_file(repo: Repo, name: str) -> str:
    """The file that `fleetfeed.signingKey` names: of a private key its certificate's.

    As ssh does it, where one lies beside it.
    """
    if name.startswith(_LITERAL):
        return name
    file = _full_path(repo, name)
    return file if file.endswith(".pub") else certificate_beside(file) or file


def certificate_beside(file: str) -> str:
    """The certificate's file beside that of a key; empty where there is none."""
    certificate = f"{file.removesuffix('.pub')}-cert.pub"
    return certificate if os.path.exists(certificate) else ""


def _full_path(repo: Repo, path: str) -> str:
    """A path as git takes it: from the home folder, or the top of the work tree."""
    path = os.path.expanduser(path)
    if os.path.isabs(path):
        return path
    return os.path.join(top_level(repo.git) or repo.common_folder, path)


def authority_file() -> str:
    """Where an authority's key is, unless somebody says otherwise."""
    config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return os.path.expanduser(os.path.join(config, "fleetfeed", "ca"))


def _how(repo: Repo, stewards: tuple[str, ...]) -> str:
    """How a clone comes to a key."""
    who = " or ".join(map(printable, stewards)) or "a steward"
    seat = repo.seat_told[0] or "SEAT"
    issue = f"fleetfeed ca issue {quoted(printable(seat))}"
    if any(os.path.exists(f"{authority_file()}{end}") for end in ("", ".pub")):
        return f"`{issue}` issues one by the authority that you have"
    setting = f"git config {_SHOWN[OURS]}"
    own = next((f for f in SSH_KEYS if os.path.exists(os.path.expanduser(f))), "")
    if own and certificate_beside(os.path.expanduser(own)):
        return f"`{setting} {own}` names yours, which has a certificate"
    certify = f"`{issue} --key {os.path.basename(own) or 'FILE'}.pub`"
    if own:
        return f"`{setting} {own}` names yours, once {who} certifies it ({certify})"
    make = "`ssh-keygen -t ed25519` makes one"
    return f"{make}, {who} certifies it ({certify}), and `{setting} FILE` names it"


def quoted(text: str) -> str:
    """`text` as one word of a shell's."""
    import shlex  # late: no hook that lets through needs it

    return shlex.quote(text)


def _private(file: str) -> str:
    """Where the private key of a key's file lies."""
    return file.removesuffix(".pub").removesuffix("-cert")


def _public_in(file: str) -> PublicKey:
    """The public key or certificate in `file`, or beside it.

    OSError where there is none, ValueError where it cannot be read.
    """
    with open(file, "rb") as lines:
        data = lines.read(_LARGEST)
    if not file.endswith(".pub"):
        blob = public_blob_in(data)
        if blob:
            return key_of_blob(blob)
        if not os.path.exists(f"{file}.pub"):
            name = quoted(file)
            todo = f"`ssh-keygen -y -f {name} > {name}.pub` makes it"
            raise ValueError(f"its public half is not there: {todo}")
        with open(f"{file}.pub", "rb") as lines:
            data = lines.read(_LARGEST)
    return _first_key(data.decode("utf-8", "replace"))


def _first_key(text: str) -> PublicKey:
    """The key of the first line that is one, as ssh-keygen takes it."""
    first = None
    for line in text.splitlines() or [""]:
        try:
            return key_of_line(line)
        except ValueError as error:
            first = first or error
    raise first or ValueError
