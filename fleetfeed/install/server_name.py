"""The server's name, written into the policy of a feed that began without one."""

import re

from fleetfeed.ledger.base import Files, Tip
from fleetfeed.model.layout import POLICY
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.rule_edit import edit_rules

_REF = re.compile(r"^ref: .*$", re.MULTILINE)
_SAID = re.compile(r"^(?:# )?server: .*$", re.MULTILINE)


def name_server(repo: Repo, name: str) -> str:
    """Push a policy that names the server; a sentence that says so.

    Refused and CannotTell as with every write; what the policy says otherwise stays,
    byte for byte.
    """

    def change(tip: Tip) -> Files:
        if tip.feed.rules.server == name:
            return {}
        text = (tip.feed.tree.read(POLICY) or b"").decode("utf-8", "surrogateescape")
        return {POLICY: named(text, name).encode("utf-8", "surrogateescape")}

    title = f"Name the fleet's server {name}"
    # Whom the policy names as yet may be gone.
    edited = edit_rules(repo, change, title, what="the policy", at_server=False)
    return f"the policy names the server {name} {'now' if edited.moved else 'already'}"


def named(text: str, name: str) -> str:
    """A policy's text with `server: name`, in place of what it says of a server."""
    line = f"server: {name}"
    if _SAID.search(text):
        return _SAID.sub(line, text, count=1)
    found = _REF.search(text)
    at = found.end() + 1 if found else 0
    return f"{text[:at]}{line}\n{text[at:]}"
