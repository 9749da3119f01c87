"""`.fleetfeed.yaml`: where the feed is, committed beside what the fleet works on.

It lies at the top of the tree, so a fresh clone, a checkout in CI and a fork find the
feed without any setting. It may lie on the code's branch while the feed has a branch,
or a repository, of its own.
"""

from fleetfeed.model import names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.ledger_url import has_password, is_ledger, without_password
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.model.yaml.nodes import POLICY, Scalar
from fleetfeed.model.yaml.reader import load
from fleetfeed.model.yaml.writer import dump
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


@record
class Pointer:
    """What a pointer says; an empty text where it says nothing.

    `dir` is the feed's folder from the top of the tree, `ref` the full name of its ref,
    `remote` the address of its repository, `server` the name of the fleet's server,
    `ledger` where posts are written to, where that is no ref (`model.ledger_url`).
    """

    dir: str = ""
    ref: str = ""
    remote: str = ""
    server: str = ""
    ledger: str = ""

    @property
    def text(self) -> str:
        """The file that says this."""
        known = (("dir", self.dir), ("ref", self.ref), ("remote", self.remote))
        more = (("server", self.server), ("ledger", self.ledger))
        said = (row for row in (*known, *more) if row[1])
        return f"{_HEAD}{dump(said)}"


_HEAD = "# Where this fleet's feed is (fleetfeed). Commit it: clones read it here.\n"
_WANTED = {
    "dir": "folder of the tree such as ops/feed",
    "ref": "full ref name such as refs/heads/main",
    "remote": "address of a repository",
    "server": "server's name, as `fleetfeed doctor --server .` says it there",
    "ledger": (
        "URL such as postgresql://db.example.org/fleet, without a password: that"
        " belongs into ~/.pgpass of each seat"
    ),
}


def read_pointer(data: bytes, path: str) -> tuple[Pointer, tuple[Finding, ...]]:
    """What a pointer's bytes say, and what is wrong with them (FF406 and FF0xx)."""
    table, findings = load(data, path, POLICY)
    if table is None:
        return Pointer(), findings
    said: dict[str, str] = {}
    wrong: list[Finding] = []
    for key, node in table.entries:
        name, place = key.text, Place(path, node.line, node.column)
        value = node.text if isinstance(node, Scalar) else ""
        if name not in _WANTED:
            known = ", ".join(_WANTED)
            message = f"unknown key {printable(name)}; a pointer has {known}"
            wrong.append(finding("FF406", Place(path, key.line, key.column), message))
        elif not _fits(name, value):
            shown = printable(without_password(value))
            message = f"{name}: '{shown}' is no {_WANTED[name]}"
            wrong.append(finding("FF406", place, message))
        else:
            said[name] = value.strip("/") if name == "dir" else value
    return Pointer(**said), tuple(wrong)


def _fits(name: str, value: str) -> bool:
    if name == "dir":
        return is_folder(value)
    if name == "ref":
        return is_full_ref(value)
    if name == "server":
        return bool(names.SERVER.fullmatch(value))
    if name == "ledger":
        return is_ledger(value) and not has_password(value)
    # What git would take for an option, or for a program to run, is no address.
    return bool(value) and not value.startswith(("-", "ext::")) and value.isprintable()


def is_folder(text: str) -> bool:
    """Whether `text` is a folder's path in a tree."""
    parts = text.strip("/").split("/")
    return not any(part in ("", ".", "..", ".git") for part in parts)
