"""Whether the other side is the fleet's server, by its own word.

A mirror, a fork, or a server whose hook is gone takes a push as gladly as the fleet's
server does, and what lands there binds nobody. A policy that names the server lets a
writer tell them apart: only its hook says its name (`model.server`). An address that
has never said it is asked with a push that a guarded server refuses and nobody else
does. What an address said is remembered in the clone, until a push goes through there
without that word.
"""

import os
import shlex
from contextlib import suppress

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.git.remote import LONG, fetch_objects, remote_value
from fleetfeed.ledger.base import Accepted, Rejected, Unconfirmed
from fleetfeed.ledger.push import push_away, push_object
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.server import (
    PROBE,
    SERVER_REF,
    Announcement,
    Word,
    judging,
    read_announcement,
)
from fleetfeed.repo.location import Where, looking_at
from fleetfeed.repo.repository import Repo
from fleetfeed.util.jsonfile import keep, kept
from fleetfeed.util.printable import printable
from fleetfeed.util.records import as_dict

FILE = "fleetfeed/servers.json"
"""Where a clone remembers which server answers at which address."""


def announced(git: Git, remote: str, seconds: float = LONG) -> Announcement | None:
    """What `remote` says of itself; None where it says nothing.

    A mirror says what it has copied. CannotTell where it does not answer.
    """
    id_ = remote_value(git, remote, SERVER_REF, seconds)
    if id_ is None:
        return None
    if git.run("cat-file", "-e", id_, accept=(0, 1, 128)).returncode:
        fetch_objects(git, remote, (SERVER_REF,), seconds)
    return read_announcement(git.out("cat-file", "blob", id_))


def said_by(repo: Repo, remote: str, id_: str) -> Announcement:
    """What `remote` says of itself by the blob `id_`, which mostly came with a fetch.

    It is nothing where that is not here, and `remote` has it no longer.
    """
    try:
        return read_announcement(repo.objects.blob(id_))
    except CannotTell:
        return announced(repo.git, remote) or Announcement()


def require_server(
    repo: Repo,
    where: Where,
    name: str,
    known: str,
    seconds: float = LONG,
    *,
    afresh: bool = False,
) -> None:
    """CannotTell unless the feed's remote is the server `name`, and guards the feed.

    An address that has said so before is believed, unless it is to be asked `afresh`.
    `known` is a commit that it should have (see `probe`).
    """
    remote = where.remote
    if remote is None:
        _require_own(repo, name)
        return
    plain = queries.plain_push_addresses(repo.settings, remote)
    address = " ".join(plain) if plain else push_address(repo.git, remote)
    wanted = Word.of(name, where.folder, where.ref)
    if not afresh and _known(repo).get(address) == wanted:
        return
    answered = probe(repo.git, remote, known, seconds)
    _remember(repo, address, answered)
    if answered != wanted:
        raise not_the_server(repo, where, name, answered)


REFUSED = "FF407"
"""What a server's hook says of a ref that nobody may touch."""


def keeps_time(git: Git, remote: str, seconds: float = LONG) -> bool:
    """Whether `remote` stamps signs of life and judges by them, as far as it answers.

    For a fleet whose policy names no server. A mirror of a server copies its refs, and
    not its hook: so the ref by which a server says that it keeps time is taken away. A
    server with the hook refuses that, and a copy of one no longer says what is not true
    of it. CannotTell where it does not say what it has.
    """
    said = announced(git, remote, seconds)
    return said is not None and stamps_by(git, remote, said, seconds)


def stamps_by(git: Git, remote: str, said: Announcement, seconds: float = LONG) -> bool:
    """Whether `remote` has `said` that it stamps, and is no copy of one that does."""
    if not said.stamps:
        return False
    ended = push_away(git, remote, (SERVER_REF,), seconds)
    words = ended.words if isinstance(ended, Rejected) else ()
    return any(REFUSED in word for word in words)


def require_word(repo: Repo, where: Where, name: str, words: tuple[str, ...]) -> None:
    """CannotTell where a push of the feed went through without its server's word.

    `words` are what the other side said of it.
    """
    answered = judging(words)
    if answered == Word.of(name, where.folder, where.ref):
        return
    _remember(repo, push_address(repo.git, str(where.remote)), answered)
    error = not_the_server(repo, where, name, answered)
    raise CannotTell(f"it was taken, and nobody knows whether it counts: {error}")


def probe(git: Git, remote: str, known: str, seconds: float = LONG) -> Word | None:
    """The word of the server whose hook answers at `remote`; None where none does.

    A ref that a guarded server refuses is pushed, and taken away again where it was
    taken. It would be at `known`, a commit that the remote should have: nothing is
    written here, nor sent. CannotTell where the remote does not answer at all.
    """
    return judging(asked(git, remote, f"{PROBE}{os.urandom(8).hex()}", known, seconds))


def asked(
    git: Git, remote: str, ref: str, value: str, seconds: float
) -> tuple[str, ...]:
    """What is said of a push of `value` to `ref`, which a guarded server refuses.

    It is taken away again where it was taken. CannotTell where nobody answers.
    """
    ended = push_object(git, remote, ref, value, seconds)
    # Where one of several addresses refused it, another may have taken it.
    if isinstance(ended, Accepted) or len(push_addresses(git, remote)) > 1:
        push_away(git, remote, (ref,), seconds)
    if isinstance(ended, Unconfirmed):
        who = f"who answers at {printable(remote)} is not known"
        raise CannotTell(f"{who}: {ended.why}; nothing was written, try again later")
    return ended.words if isinstance(ended, Accepted | Rejected) else ()


def not_the_server(
    repo: Repo, where: Where, name: str, answered: Word | None
) -> CannotTell:
    """The answer where another server than `name` answers, or none.

    Or that one, which guards another place.
    """
    remote = str(where.remote)
    address = printable(push_address(repo.git, remote), 300)
    who = f"{printable(remote)} ({address})" if remote != address else address
    if answered and answered.server == name:
        return _guards_another(repo, where, who, answered)
    what = f"{who} is not the fleet's server {name}"
    others = [each for each in queries.remotes(repo.settings) if each != remote]
    if answered:
        why = f"it is the server {answered.server}"
        todo = "if the fleet has moved there, `fleetfeed join --name-server` says so"
    else:
        why = "no hook of a fleet's server answers there"
        todo = "if it is the server, its hook is gone: there, run `fleetfeed install"
        todo += " --server .`"
    if address != fetch_address(repo.git, remote):
        todo = f"{one_address(repo, remote)} lets it be pushed where it is read; {todo}"
    elif others:
        other = f"`git config fleetfeed.remote {printable(others[0])}`"
        todo = f"{other} takes the other remote; {todo}"
    return CannotTell(f"{what}: {why}; {todo}")


def _guards_another(repo: Repo, where: Where, who: str, answered: Word) -> CannotTell:
    """The answer where the fleet's server judges elsewhere than the feed is here."""
    here = Word.of(answered.server, where.folder, where.ref)
    there = f"{answered.dir}/ on {answered.ref}"
    what = f"{who} guards {there}, and posts in {here.dir}/ on {here.ref} land unjudged"
    key, said = "dir", repo.told.dir
    if answered.dir == here.dir:
        key, said = "ref", repo.told.ref
    other = answered.dir if key == "dir" else answered.ref
    command = looking_at(said, key, other)
    end = "elsewhere" if command.startswith("unset ") else "there"
    todo = f"`{command}` looks {end}"
    flags = shlex.join(("--dir", here.dir, "--ref", here.ref))
    again = f"on the server `fleetfeed install --server . {flags}` guards that"
    return CannotTell(f"{what}; {todo}, or {again}")


def one_address(repo: Repo, remote: str) -> str:
    """The command that has a push go where a fetch comes from.

    Whatever sends it elsewhere: a rule of the user's for all repositories stays.
    """
    words = (f"remote.{remote}.pushurl", fetch_address(repo.git, remote))
    said = shlex.join(printable(word, 300) for word in words)
    return f"`git config --replace-all {said}`"


def push_address(git: Git, remote: str) -> str:
    """Where a push to `remote` goes, as one text: several addresses are all meant."""
    return " ".join(push_addresses(git, remote))


def push_addresses(git: Git, remote: str) -> list[str]:
    """Where a push to `remote` really goes, with `pushurl` and `insteadOf` applied."""
    found = git.run("remote", "get-url", "--push", "--all", remote, accept=(0, 2, 128))
    if found.returncode:
        return [fetch_address(git, remote)]  # an address itself
    return os.fsdecode(found.stdout).splitlines()


def fetch_address(git: Git, remote: str) -> str:
    """Where a fetch from `remote` really comes from, with `insteadOf` applied."""
    return git.line("ls-remote", "--get-url", remote)


def _require_own(repo: Repo, name: str) -> None:
    """On the server itself there is no remote, and its own settings say who it is."""
    if queries.setting(repo.settings, "fleetfeed.server") == name:
        return
    message = f"the fleet's server is {name}, and there is no remote to reach it by"
    raise CannotTell(f"{message}; `fleetfeed join ADDRESS` adds it")


def _known(repo: Repo) -> dict[str, Word]:
    """What each address said last; nothing where that cannot be read."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        return {address: Word(**said) for address, said in kept(_file(repo)).items()}
    return {}


def _remember(repo: Repo, address: str, word: Word | None) -> None:
    """Keep what an address said; where that cannot be kept, the next one asks again."""
    known = _known(repo)
    if known.get(address) == word:
        return
    known.pop(address, None)
    if word:
        known[address] = word
    keep(_file(repo), {each: as_dict(said) for each, said in known.items()})


def _file(repo: Repo) -> str:
    return os.path.join(repo.common_folder, FILE)
