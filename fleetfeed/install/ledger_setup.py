"""A ledger beside git begun: its tables, and who is told that it is there."""

from pathlib import Path

from fleetfeed.install.files import in_words
from fleetfeed.install.report import InstallStep
from fleetfeed.install.settings import Setting, pin
from fleetfeed.ledger.postgres.connection import PATIENCE, Database
from fleetfeed.ledger.postgres.refolding import refold
from fleetfeed.ledger.postgres.roles import grant
from fleetfeed.ledger.postgres.schema import migrate, newest
from fleetfeed.model.errors import Usage
from fleetfeed.model.ledger_url import has_password, is_postgres, without_password
from fleetfeed.model.pointer import Pointer
from fleetfeed.repo.location import POINTER
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace

_LEDGER = Setting("fleetfeed.ledger", "fleetfeed.addedLedger")


def ledger_url(repo: Repo, given: str | None, top: Path | None) -> str:
    """The database's URL: as `given`, or as somebody says; Usage without one.

    `top` is the work tree's, where there is one.
    """
    said = repo.told.ledger
    url = given or (said.value if said else "")
    if is_postgres(url):
        return url
    example = "postgresql://db.example.org/fleet"
    if not url:
        todo = f"`fleetfeed ledger init {example}` begins one"
        if top and (top / POINTER).exists():
            todo = f"what {POINTER} says counts once it is committed, or {todo}"
        raise Usage(f"no ledger beside git is chosen here; {todo}")
    by = said.by if said and not given else "the URL"
    who = f"{by} is '{printable(without_password(url), 200)}'"
    raise Usage(f"{who}, which is no database; write one such as {example}")


def begin(
    repo: Repo, given: str | None, top: Path | None, *, here: bool
) -> tuple[InstallStep, ...]:
    """Make the tables, or bring them up to date, and say where they are.

    In `.fleetfeed.yaml` at the `top`, to be committed, so that every clone knows; with
    `here`, and in a bare repository, in this repository's git config alone.
    """
    url = ledger_url(repo, given, top)
    in_file = top if given and not here else None
    if in_file and has_password(url):
        what = f"{POINTER} is everybody's, and that URL has a password"
        raise Usage(f"{what}; put it into ~/.pgpass, or say --here")
    where, database = repo.where(repo.at_head), Database(url)
    was = migrate(database, where.folder, where.ref, PATIENCE)
    tables = _tables(database, was, refold(database))
    database.close()
    if not given:
        return (tables,)
    if in_file:
        return tables, _written(in_file, repo.pointer(repo.head), url)
    return tables, replace(pin(repo.git, _LEDGER, url), detail=without_password(url))


def granted(database: Database, role: str, kind: str) -> InstallStep:
    """Let a role in as one of its `kind`. Raises as `grant`."""
    grant(database, role, kind, PATIENCE)
    database.close()
    return InstallStep("granted", role, f"{kind} of {database.shown}")


def _tables(database: Database, was: int, folded: int) -> InstallStep:
    where = f"{database.shown}, schema {printable(database.schema)}"
    if folded:
        return InstallStep("upgraded", where, f"its {folded} items are folded anew")
    if was == newest():
        return InstallStep("unchanged", where, f"its tables are of version {was}")
    if was:
        return InstallStep("upgraded", where, f"from version {was} to {newest()}")
    return InstallStep("wrote", where, f"tables of version {newest()}")


def _written(top: Path, known: Pointer | None, url: str) -> InstallStep:
    """`.fleetfeed.yaml` with the ledger; Usage where what is there was changed."""
    pointer, path = replace(known or Pointer(), ledger=url), top / POINTER
    with in_words(path):
        there = path.read_text("utf-8") if path.exists() else None
    if there == pointer.text:
        return InstallStep("unchanged", POINTER)
    if there is not None and (known is None or there != known.text):
        what = f"{POINTER} says more than the commit's, or says it by hand"
        raise Usage(f"{what}; write `ledger: {url}` into it, and commit it")
    with in_words(path):
        path.write_text(pointer.text, encoding="utf-8")
    return InstallStep("wrote", POINTER, "commit it, and every clone knows")
