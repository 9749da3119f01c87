"""For whom the fleet's server takes this clone: it is asked by a push that it refuses.

In a fleet that signs the question is signed as a post would be.
"""

import os
import tempfile
from pathlib import Path

from fleetfeed.git.process import Git
from fleetfeed.git.remote import LONG
from fleetfeed.ledger.base import Accepted, Rejected, Unconfirmed
from fleetfeed.ledger.push import push_away, push_object
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import SIGNED
from fleetfeed.model.policy import Policy
from fleetfeed.model.server import WHO
from fleetfeed.model.taken_for import TakenFor, question, read_taken
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.signing import signing_key
from fleetfeed.util.printable import printable


def taken_for_at(
    repo: Repo, remote: str, seat: str, policy: Policy, seconds: float = LONG
) -> TakenFor | None:
    """For whom `remote` takes who pushes from here, asking about `seat`.

    None where its hook does not say. CannotTell where it does not answer, or where
    nothing can be signed here. This repository is not changed.
    """
    ref = f"{WHO}{os.urandom(8).hex()}"
    text = question(ref, seat)
    if policy.identity == SIGNED:
        text += signing_key(repo, policy.stewards).sign("fleetfeed", text)
    with tempfile.TemporaryDirectory(prefix="fleetfeed-who-") as folder:
        git = _beside(repo.git, Path(folder))
        blob = git.out("hash-object", "-w", "--stdin", stdin=text).decode().strip()
        ended = push_object(git, remote, ref, blob, seconds)
        if isinstance(ended, Accepted):
            push_away(git, remote, (ref,), seconds)
    if isinstance(ended, Unconfirmed):
        message = f"for whom {printable(remote)} takes this clone is not known"
        raise CannotTell(f"{message}: {ended.why}; try again later")
    return read_taken(ended.words) if isinstance(ended, Rejected) else None


def _beside(git: Git, folder: Path) -> Git:
    """`git`, whose new objects are written into `folder`."""
    objects = git.line("rev-parse", "--path-format=absolute", "--git-path", "objects")
    (folder / "info").mkdir()
    (folder / "info/alternates").write_bytes(os.fsencode(objects) + b"\n")
    return Git(git.at, {**git.environment, "GIT_OBJECT_DIRECTORY": str(folder)})
