import ast
import os
from pathlib import Path

import pytest
from harness import Repo, path, post
from harness.further import listed

from fleetfeed.ledger import testing


def test_a_stray_git_dir_does_not_reach_a_test_repository(tmp_path, monkeypatch):
    other = Repo.init(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    repo = Repo.init(tmp_path / "repo")
    repo.commit("here")
    assert repo.tip()
    assert not other.tip()


def test_home_and_git_config_are_the_tests_own(tmp_path):
    repo = Repo.init(tmp_path)
    assert repo.line("config", "--global", "user.name") == "Tester"
    assert repo.line("symbolic-ref", "HEAD") == "refs/heads/main"
    assert os.environ["GIT_CONFIG_NOSYSTEM"] == "1"


def test_a_post_is_written_with_defaults_and_quotes():
    text = post(
        item="CMB-1438", subject="it's: a #test", seat=None, surface_key=["a:b:c"]
    )
    assert text == (
        'ITEM: CMB-1438\nSTATE: AWAITING_CLAIM\nSUBJECT: "it\'s: a #test"\nSURFACE_KEY: ["a:b:c"]\n'
    )


def test_the_path_of_a_post():
    assert path("CMB-1438", 2) == "feed/CMB/001/CMB-1438/0002.yaml"
    assert path("CMB-394196") == "feed/CMB/394/CMB-394196/0001.yaml"


SHIPPED = tuple(Path(testing.__file__).parent.glob("*.py"))
"""A file that takes its tests from the shipped suite has them there."""


@pytest.mark.parametrize("file", sorted({file for file, _ in listed()}))
def test_what_is_left_to_ci_is_there(file):
    text = (Path(__file__).parent / file).read_text()
    shipped = SHIPPED if "from fleetfeed.ledger.testing import" in text else ()
    trees = [ast.parse(each) for each in (text, *(f.read_text() for f in shipped))]
    there = (node for tree in trees for node in ast.walk(tree))
    names = {node.name for node in there if isinstance(node, ast.FunctionDef)}
    assert {name for at, name in listed() if at == file} <= names
