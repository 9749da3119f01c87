"""A certificate issued: over another's key, or over a new one for this worktree."""

import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.process import Git
from fleetfeed.git.ssh_certificates import make_key
from fleetfeed.install.authority import Authority, Issued, certificate_words, public_key
from fleetfeed.install.files import in_words
from fleetfeed.install.report import InstallStep
from fleetfeed.install.signers_file import certifies
from fleetfeed.install.signing_setup import (
    certificate_of,
    forget_ended,
    key_folder,
    needs_no_work_tree,
    sign_by,
)
from fleetfeed.model.errors import CannotTell, Refused, Usage
from fleetfeed.model.layout import SIGNERS
from fleetfeed.model.ssh_format import PublicKey
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import newest_view
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


@record
class Order:
    """A certificate for `seat`, for so many `seconds`, to be issued by seat `by`."""

    authority: Authority
    seat: str
    seconds: int
    by: str = ""

    def over(self, key: PublicKey) -> Issued:
        """Issue it."""
        return self.authority.issue(key, self.seat, self.seconds, self.by)


def needs_named(repo: Repo, authority: Authority, seat: str) -> Snapshot:
    """The feed. Refused where what is issued would not count by its allowed_signers.

    What was fetched last is believed where it says so, so that an agent's session can
    begin while the remote is away.
    """
    key = authority.key
    with suppress(CannotTell):
        feed = newest_view(repo, offline=True).snapshot
        if certifies(feed, key, seat):
            return feed
    feed = newest_view(repo, offline=False).snapshot
    if not certifies(feed, key, seat):
        what = f"{SIGNERS} of the feed does not let the authority {key.fingerprint}"
        todo = "`fleetfeed ca init` by a steward adds it, or name another with --ca"
        raise Refused(f"{what} certify {seat}; {todo}")
    return feed


def for_folder(order: Order, folder: Path) -> tuple[Issued, list[InstallStep]]:
    """Certify a new key in `folder`, for a session that signs by it elsewhere."""
    needs_no_work_tree(folder)
    name = file_name(order.seat)
    if (folder / name).exists():
        known = printable(str(folder / name), 400)
        raise Usage(f"{known} is there already; name another folder")
    issued, file = _new_pair(order, folder, name)
    return issued, [_installed(issued, file)]


def for_this_clone(
    order: Order, git: Git, *, plain_git: bool
) -> tuple[Issued, list[InstallStep]]:
    """Certify a new key for the worktree of `git`, which signs by it from now on.

    Its name is new, too: what signs at this moment has the old key as long as it holds.
    """
    folder = key_folder(git)
    issued, file = _new_pair(order, folder, secrets.token_hex(4))
    steps = [_installed(issued, file), *sign_by(git, str(file), plain_git=plain_git)]
    forget_ended(folder)
    return issued, steps


def _new_pair(order: Order, folder: Path, name: str) -> tuple[Issued, Path]:
    """A certified key in `folder`, all of its files or none; the certificate's file."""
    with in_words(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as beside:
            made = Path(beside, name)
            make_key(made, order.seat, asks=False)
            public = made.with_name(f"{name}.pub")
            issued = order.over(public_key(public))
            kept(issued, certificate_of(public))
            for file in (certificate_of(public), public, made):
                file.rename(folder / file.name)
    return issued, certificate_of(folder / public.name)


def kept(issued: Issued, file: Path) -> InstallStep:
    """Write a certificate into its file."""
    with in_words(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{issued.line}\n", "utf-8")
    return _installed(issued, file)


def _installed(issued: Issued, file: Path) -> InstallStep:
    return InstallStep("installed", str(file), certificate_words(issued))


def file_name(seat: str) -> str:
    """What a file of `seat` is called."""
    return seat.replace("/", "~")
