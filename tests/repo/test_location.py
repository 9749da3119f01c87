"""Who says where the feed is: the first that does, in a real clone."""

import pytest
from harness import Repo

from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo import repository
from fleetfeed.repo.location import Said, locate, server_told, told

SAYS = {
    "environment": ("FLEETFEED_{}", "env"),
    "settings": ("fleetfeed.{}", "config"),
    "pointer": (".fleetfeed.yaml's {}", "file"),
}
VALUES = {
    "dir": ("one", "two", "three"),
    "ref": ("refs/heads/one", "refs/heads/two", "refs/heads/three"),
    "remote": ("../one.git", "../two.git", "../three.git"),
    "ledger": ("postgresql://one/a", "postgresql://two/a", "postgresql://three/a"),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("sayers", [0b111, 0b110, 0b101, 0b011, 0b100, 0b010, 0b001])
def test_the_first_that_says_it(tmp_path, monkeypatch, name, sayers):
    repo = Repo.init(tmp_path / "repo")
    by_env, by_config, by_file = VALUES[name]
    if sayers & 0b001:
        repo.write(".fleetfeed.yaml", f"{name}: {by_file}\n")
    if sayers & 0b010:
        repo.git("config", f"fleetfeed.{name}", by_config)
    if sayers & 0b100:
        monkeypatch.setenv(f"FLEETFEED_{name.upper()}", by_env)
    repo.commit()
    said = getattr(repository.Repo(Git(repo.folder)).told, name)
    expected = (
        Said(by_env, f"FLEETFEED_{name.upper()}")
        if sayers & 0b100
        else Said(by_config, f"fleetfeed.{name}")
        if sayers & 0b010
        else Said(by_file, f".fleetfeed.yaml's {name}")
    )
    assert said == expected


def test_the_pointer_is_heads_and_not_the_work_trees(tmp_path):
    repo = Repo.init(tmp_path / "repo")
    repo.write(".fleetfeed.yaml", "dir: committed\n")
    repo.commit()
    repo.write(".fleetfeed.yaml", "dir: drafted\n")
    assert repository.Repo(Git(repo.folder)).folder == "committed"


@pytest.mark.parametrize(
    "args", [("active",), ("check",), ("doctor",), ("claim", "A-0001")]
)
def test_a_pointer_that_cannot_be_read_is_told_with_its_place(tmp_path, args):
    repo = Repo.init(tmp_path / "repo", FLEETFEED_SEAT="S-1")
    repo.write(".fleetfeed.yaml", "ref: refs/heads/main\nfolder: x\n")
    repo.commit()
    done = repo.fleetfeed(*args, ok=False)
    assert done.returncode in (1, 3)
    assert ".fleetfeed.yaml:2:1: unknown key folder" in done.said


def test_an_address_that_a_remote_has_is_that_remote(tmp_path):
    repo = Repo.init(tmp_path / "repo")
    repo.git("remote", "add", "up", "../fleet.git/")
    repo.write(".fleetfeed.yaml", "remote: ../fleet\n")
    repo.commit()
    mine = repository.Repo(Git(repo.folder))
    assert mine.where(mine.at_head).remote == "up"


def test_a_server_listens_to_its_own_settings_alone(monkeypatch):
    monkeypatch.setenv("FLEETFEED_DIR", "evil")
    told = server_told({"fleetfeed.dir": ("guarded",)}, "refs/heads/main", None)
    assert told.dir == Said("guarded", "fleetfeed.dir")
    assert told.ref.value == "refs/heads/main"


def test_a_hook_file_that_says_it_is_heard_before_the_servers_settings():
    known = {"fleetfeed.dir": ("two",), "fleetfeed.ref": ("refs/heads/two",)}
    here = server_told(known, "refs/heads/one", "one")
    assert (here.dir.value, here.ref.value) == ("one", "refs/heads/one")


SETTINGS = {"remote.origin.url": ("../server.git",)}
OTHERS = {"remote.one.url": ("../one.git",), "remote.two.url": ("../two.git",)}


@pytest.mark.parametrize(
    ("ref", "policy", "found"),
    [
        ("", "", "refs/heads/main"),
        ("", "refs/heads/feed", "refs/heads/feed"),
        ("refs/heads/feed", "", "refs/heads/feed"),
        ("refs/heads/feed", "refs/heads/feed", "refs/heads/feed"),
    ],
)
def test_the_ref_is_the_settings_or_the_policys(ref, policy, found):
    where = locate(policy or None, told({"fleetfeed.ref": (ref,)} if ref else {}), {})
    assert (where.ref, where.folder, where.remote) == (found, "feed", None)


@pytest.mark.parametrize(
    ("known", "policy", "settings", "why"),
    [
        ({"ref": "refs/heads/feed"}, "refs/heads/main", {}, "but the policy says"),
        ({"ref": "main"}, "", {}, "'main' is no full ref name"),
        ({"ref": ""}, "", {}, "'' is no full ref name"),
        ({"dir": "../feed"}, "", {}, "is no folder of the tree"),
        ({"dir": "/"}, "", {}, "is no folder of the tree"),
        ({"remote": "upstream"}, "", SETTINGS, "there is no such remote"),
        ({}, "", OTHERS, "there are several remotes (one, two), none is origin"),
    ],
)
def test_where_the_feed_is_is_never_guessed(known, policy, settings, why):
    said = {f"fleetfeed.{name}": (value,) for name, value in known.items()}
    with pytest.raises(CannotTell) as raised:
        locate(policy or None, told(said), settings)
    assert why in str(raised.value)
    assert raised.value.finding.code == "FF406"
