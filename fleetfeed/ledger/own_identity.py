"""For whom the fleet's server takes this clone: it is asked by a push that it refuses.

In a fleet that signs the question is signed as a post would be.
"""

import os
import tempfile
from pathlib import Path

from fleetfeed.git.process import Git
from fleetfeed.git.remote import LONG
from fleetfeed.ledger.server import asked
from fleetfeed.model.errors import CANNOT_TELL, CannotTell
from fleetfeed.model.identity import NAMESPACE, SIGNED
from fleetfeed.model.policy import Policy
from fleetfeed.model.server import WHO
from fleetfeed.model.taken_for import TakenFor, question, read_taken
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.signing import signing_key
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


@record
class Question:
    """What is asked, and the ref that it is pushed to."""

    ref: str
    text: bytes


def question_of(repo: Repo, seat: str, policy: Policy) -> Question:
    """A new question about `seat`. CannotTell where it must be signed and cannot."""
    ref = f"{WHO}{os.urandom(8).hex()}"
    text = question(ref, seat)
    if policy.identity == SIGNED:
        text += signing_key(repo, policy.stewards).sign(NAMESPACE, text)
    return Question(ref, text)


def answer_of(repo: Repo, remote: str, asks: Question) -> TakenFor | None:
    """For whom `remote` takes who pushes from here; None where its hook does not say.

    CannotTell where it does not answer, or cannot tell. This repository is not changed.
    """
    with tempfile.TemporaryDirectory(prefix="fleetfeed-who-") as folder:
        git = _beside(repo.git, Path(folder))
        blob = git.out("hash-object", "-w", "--stdin", stdin=asks.text).decode().strip()
        said = asked(git, remote, asks.ref, blob, LONG)
    doubts = (word.partition(f" {CANNOT_TELL} ")[2] for word in said)
    doubt = next(filter(None, doubts), "")
    if doubt:
        raise CannotTell(f"{printable(remote)} cannot tell who this clone is: {doubt}")
    return read_taken(said)


def _beside(git: Git, folder: Path) -> Git:
    """`git`, whose new objects are written into `folder`."""
    objects = git.line("rev-parse", "--path-format=absolute", "--git-path", "objects")
    (folder / "info").mkdir()
    (folder / "info/alternates").write_bytes(os.fsencode(objects) + b"\n")
    return Git(git.at, {**git.environment, "GIT_OBJECT_DIRECTORY": str(folder)})
