"""Paths that stand in public projects, and the keys that they have.

A row of `real_paths.tsv` is the project (owner/name on GitHub), the path, its key, and
the key normalised. Some are one file to a file system that folds case.
"""

from pathlib import Path

import pytest

from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_path import key_of_path
from fleetfeed.model.surface_shape import shape_flaw

TABLE = Path(__file__).with_name("real_paths.tsv").read_text("utf-8")
ROWS = [row.split("\t") for row in TABLE.splitlines()]
ONE_FILE = [
    {
        "2d/physics_platformer/enemy/Enemy.tscn",
        "2d/physics_platformer/enemy/enemy.tscn",
    },
]


@pytest.mark.parametrize("project", sorted({row[0] for row in ROWS}))
def test_the_keys_of_a_project(project):
    for _, path, key, normal in (row for row in ROWS if row[0] == project):
        assert key_of_path("CAMBER", "file", tuple(path.split("/"))) == key
        assert shape_flaw(key) is None
        assert str(SurfaceKey.of(key)) == normal


def test_the_table_is_long_and_each_file_has_a_key_of_its_own():
    assert len(ROWS) >= 200
    files: dict[tuple[str, str], set[str]] = {}
    for project, path, _, normal in ROWS:
        files.setdefault((project, normal), set()).add(path)
    assert [paths for paths in files.values() if len(paths) > 1] == ONE_FILE
