"""By what key somebody signs: their own, and one that is made for a clone."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fleetfeed.git.process import Git, apart
from fleetfeed.install.authority import public_key
from fleetfeed.install.files import in_words
from fleetfeed.install.locations import git_path
from fleetfeed.install.report import InstallStep
from fleetfeed.install.seat import set_here
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.repo.repository import Repo, top_level
from fleetfeed.repo.signing import SSH_KEYS, SigningKey, git_signing, signing_key
from fleetfeed.util.printable import printable

_CERTIFIED = "-cert.pub"


def own_key(repo: Repo) -> SigningKey:
    """The key that whoever runs this signs by: no certificate, which would end.

    What this clone signs by, what git does, or the key of ssh.
    """
    for key in _candidates(repo):
        with suppress(CannotTell):
            if not key.public.certificate:
                return key
    make = f"`ssh-keygen -t ed25519 -f {SSH_KEYS[0]}`"
    todo = f"make one with {make}, or name yours with --key"
    raise Usage(f"you have no SSH key to sign by; {todo}")


def _candidates(repo: Repo) -> Iterator[SigningKey]:
    with suppress(CannotTell):
        yield signing_key(repo)
    plain = git_signing(repo)
    if plain:
        yield plain
    for name in SSH_KEYS:
        file = Path(f"{name}.pub").expanduser()
        if file.is_file():
            yield SigningKey(str(file), str(file))


def certificate_of(public: Path) -> Path:
    """Where ssh looks for the certificate of the key in `public`."""
    name = public.name.removesuffix(".pub").removesuffix("-cert")
    return public.with_name(f"{name}{_CERTIFIED}")


def key_folder(git: Git) -> Path:
    """The folder for this worktree's own keys: in git's, which no commit ever has."""
    return git_path(git, "fleetfeed/signing")


def sign_by(git: Git, key: str, *, plain_git: bool) -> Iterator[InstallStep]:
    """Have this worktree sign by `key`; `plain_git`: also what git itself commits.

    That, too, where git has signed by an earlier key of this worktree's own.
    """
    before = git.maybe("config", "--get", "user.signingKey") or ""
    plain_git = plain_git or Path(before).parent == key_folder(git)
    settings = {"fleetfeed.signingKey": key}
    if plain_git:
        signs = {"gpg.format": "ssh", "commit.gpgSign": "true"}
        settings |= {"user.signingKey": key, **signs}
    for name, value in settings.items():
        set_here(git, name, value)
        yield InstallStep("set", name, value)


def forget_ended(folder: Path) -> None:
    """Remove the keys in `folder` whose certificates have ended."""
    now = time.time()
    with in_words(folder):
        for file in folder.glob(f"*{_CERTIFIED}"):
            certificate = public_key(file).certificate
            if certificate and certificate.ends <= now:
                key = file.with_name(file.name.removesuffix(_CERTIFIED))
                for each in (key, key.with_name(f"{key.name}.pub"), file):
                    each.unlink(missing_ok=True)


def needs_no_work_tree(folder: Path) -> None:
    """Usage where a private key in `folder` could be committed."""
    there = next(
        f for f in (folder.absolute(), *folder.absolute().parents) if f.is_dir()
    )
    if top_level(Git(there, apart())) is not None:
        where = printable(str(folder), 400)
        raise Usage(
            f"{where} is in a work tree, where keys get committed; name another"
        )
