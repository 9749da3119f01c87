"""The server's name, written into the policy of a feed that began without one."""

import re

from fleetfeed.git.remote import LONG
from fleetfeed.ledger.base import Accepted, RaceLost
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.model.layout import POLICY
from fleetfeed.repo.repository import Repo

_TRIES = 10
_REF = re.compile(r"^ref: .*$", re.MULTILINE)
_SAID = re.compile(r"^(?:# )?server: .*$", re.MULTILINE)


def name_server(repo: Repo, name: str) -> str:
    """Push a policy that names the server; a sentence that says so.

    Refused and CannotTell as with every write; what the policy says otherwise stays,
    byte for byte.
    """
    ledger, why = GitLedger(repo), ""
    for _ in range(_TRIES):
        tip = ledger.read(LONG)
        if tip.feed.rules.server == name:
            return f"the policy names the server {name} already"
        text = (tip.feed.tree.read(POLICY) or b"").decode("utf-8", "surrogateescape")
        data = named(text, name).encode("utf-8", "surrogateescape")
        message = f"Name the fleet's server {name}\n\n"
        outcome = ledger.swap(tip, {POLICY: data}, message, LONG)
        if isinstance(outcome, Accepted):
            return f"the policy names the server {name} now"
        why = "; ".join((outcome.why, *outcome.words))
        if not isinstance(outcome, RaceLost):
            raise Refused(f"the policy was not changed: {why}")
    raise CannotTell(f"the policy was not changed: {why}; run it again")


def named(text: str, name: str) -> str:
    """A policy's text with `server: name`, in place of what it says of a server."""
    line = f"server: {name}"
    if _SAID.search(text):
        return _SAID.sub(line, text, count=1)
    found = _REF.search(text)
    at = found.end() + 1 if found else 0
    return f"{text[:at]}{line}\n{text[at:]}"
