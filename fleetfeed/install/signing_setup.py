"""By what key somebody signs: their own, and one that is made for a clone."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fleetfeed.git.process import Git, apart
from fleetfeed.git.ssh_certificates import make_key
from fleetfeed.install.files import in_words
from fleetfeed.install.locations import git_path
from fleetfeed.install.report import InstallStep
from fleetfeed.install.seat import set_here
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.repo.repository import Repo, top_level
from fleetfeed.repo.signing import SigningKey, git_signing, signing_key
from fleetfeed.util.printable import printable

_OWN = ("id_ed25519", "id_ecdsa", "id_rsa")
"""The keys that ssh looks for, those of small signatures first."""
_CERTIFIED = "-cert.pub"


def own_key(repo: Repo) -> SigningKey:
    """The key that whoever runs this signs by: no certificate, which would end.

    What this clone signs by, what git does, or the key of ssh.
    """
    for key in _candidates(repo):
        with suppress(CannotTell):
            if not key.public.certificate:
                return key
    make = f"`ssh-keygen -t ed25519 -f ~/.ssh/{_OWN[0]}`"
    todo = f"make one with {make}, or name yours with --key"
    raise Usage(f"you have no SSH key to sign by; {todo}")


def _candidates(repo: Repo) -> Iterator[SigningKey]:
    with suppress(CannotTell):
        yield signing_key(repo)
    plain = git_signing(repo)
    if plain:
        yield plain
    for kind in _OWN:
        file = Path(f"~/.ssh/{kind}.pub").expanduser()
        if file.is_file():
            yield SigningKey(str(file), str(file))


def certificate_of(public: Path) -> Path:
    """Where ssh looks for the certificate of the key in `public`."""
    return public.with_name(f"{public.name.removesuffix('.pub')}{_CERTIFIED}")


def key_folder(git: Git) -> Path:
    """The folder for this worktree's own keys: in git's, which no commit ever has."""
    return git_path(git, "fleetfeed/signing")


def new_key(folder: Path, name: str, comment: str) -> Path:
    """Make a key pair in `folder`, without a passphrase; the public half's file."""
    with in_words(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_key(folder / name, comment, asks=False)
    return folder / f"{name}.pub"


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


def forget_keys(folder: Path, but: Path) -> None:
    """Remove the keys in `folder` but the one whose public half is `but`."""
    kept = (but, but.with_suffix(""), certificate_of(but))
    with in_words(folder):
        for file in folder.iterdir():
            if file not in kept:
                file.unlink(missing_ok=True)


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
