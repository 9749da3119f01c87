"""A ledger's tables filled by hand: for what only reads them."""

import subprocess
from pathlib import Path
from typing import Any

from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.schema import migrate

REF = "refs/heads/main"


def make_tables(url: str) -> None:
    """The tables of a ledger in the database at `url`."""
    database = Database(url)
    migrate(database, "feed", REF, 30.0)
    database.close()


def connect(postgres: Any) -> Any:
    """A connection that commits each statement, among the ledger's tables."""
    return postgres.connect(options="-csearch_path=fleetfeed")


def append(client: Any, *paths: str, op: str = "", text: str = "") -> int:
    """One append of posts; each says its path, or `text`."""
    head = "insert into append (op, message) values (%s, %s) returning id"
    (made,) = client.execute(head, (op, f"post {paths[0] if paths else ''}")).fetchone()
    for path in paths:
        item, _, name = path.rpartition("/")
        client.execute(
            "insert into post (path, item, number, op, append, data)"
            " values (%s, %s, %s, %s, %s, %s)",
            (path, item.rpartition("/")[2], int(name[:4]), op, made,
             (text or f"PATH: {path}\n").encode()),
        )  # fmt: skip
    return int(made)


def post_path(number: int, post: int = 1) -> str:
    """The path of a post of the item CMB-`number`."""
    return f"CMB/{number // 1000:03d}/CMB-{number:04d}/{post:04d}.yaml"


def files_of(folder: Path, ref: str = REF) -> dict[str, str]:
    """The files of the feed at `ref`, and what is in them."""
    names = _git(folder, "ls-tree", "-r", "--name-only", f"{ref}:feed").split()
    return {name: _git(folder, "show", f"{ref}:feed/{name}") for name in names}


def _git(folder: Path, *args: str) -> str:
    done = subprocess.run(("git", *args), cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()
