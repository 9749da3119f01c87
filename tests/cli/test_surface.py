"""`fleetfeed surface`: which key a path has, wherever it is typed."""

import os

import pytest

from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_shape import shape_flaw

CAMBER = ("surface", "--lane", "CAMBER")


def keys(ended):
    return ended.stdout.splitlines()


def test_a_path_is_what_it_is_when_typed_here(me):
    (me.folder / "web/app").mkdir(parents=True)
    below = me.at(me.folder / "web/app")
    paths = ("x.py", "./x.py", "../y", "sub//z/", "../../top", str(me.folder / "a/b"))
    assert keys(below(*CAMBER, *paths)) == [
        "CAMBER:file:web/app/x.py",
        "CAMBER:file:web/app/x.py",
        "CAMBER:file:web/y",
        "CAMBER:file:web/app/sub/z",
        "CAMBER:file:top",
        "CAMBER:file:a/b",
    ]
    link = me.folder.parent / "link"
    link.symlink_to(me.folder)
    assert keys(me(*CAMBER, f"{link}/a")) == ["CAMBER:file:a"]
    for outside in ("../../../x", "/", "/etc/passwd", str(me.folder.parent)):
        assert "is outside of" in below(*CAMBER, outside, code=2).stderr
    assert "name a file or a folder" in below(*CAMBER, "../..", code=2).stderr


def test_a_star_is_a_name_and_no_pattern(me):
    said = me(*CAMBER, "src/**", "a")
    assert keys(said) == ["CAMBER:file:src/%2A%2A", "CAMBER:file:a"]
    assert "src/** is a name, and no pattern" in said.stderr
    assert "name the folder" in said.stderr
    (me.folder / "what?.txt").touch()
    assert not me(*CAMBER, "what?.txt").stderr


def test_what_it_prints_can_be_claimed(me):
    paths = [
        "app/[id]/(group)/page.tsx",
        " edge ",
        "a:b",
        "100%",
        "*.py",
        "all",
        "é/漢 字",
    ]
    printed = keys(me(*CAMBER, *paths))
    assert [key for key in printed if shape_flaw(key)] == []
    assert len({SurfaceKey.of(key) for key in printed}) == len(paths)
    item = me.new(key=printed[1])
    assert item in me("active", "--surface-claim", printed[1], code=1).stdout


def test_what_has_no_key_is_told_with_the_folder_that_has(me):
    latin = os.fsdecode(b"docs/caf\xe9.txt")
    said = me(*CAMBER, latin, code=1).stderr
    assert "is not UTF-8; its folder can be claimed: CAMBER:file:docs\n" in said
    deep = "/".join(["x" * 200] * 6)
    said = me(*CAMBER, deep, code=1).stderr
    folder = said.rpartition(" ")[2].strip()
    assert "more than 1024" in said
    assert shape_flaw(folder) is None
    assert folder.count("/") == 4
    top = os.fsdecode(b"\xe9")
    assert "has no key" in me(*CAMBER, top, code=1).stderr


def test_lane_and_family_come_from_the_policy_where_it_tells_them(me):
    assert "which lane? give --lane" in me("surface", "x", code=2).stderr
    policy = me.folder / "feed/policy.yaml"
    plain = policy.read_text()
    policy.write_text(f"{plain}lanes: [CAMBER, ORA]\nunknown_family: reject\n")
    assert keys(me("surface", "x")) == ["CAMBER:file:x"]
    assert keys(me("surface", "x", "--lane", "ORA")) == ["ORA:file:x"]
    said = me("surface", "x", code=2, FLEETFEED_SEAT="PAD-01").stderr
    assert "give --lane, one of CAMBER, ORA" in said
    assert "no lane of this fleet" in me("surface", "x", "--lane", "A", code=2).stderr
    for lane in ("A:B", "", "a/b"):
        assert "no lane and family" in me("surface", "x", "--lane", lane, code=2).stderr
    said = me("surface", "x", "--family", "flie", code=2).stderr
    assert "no family of this fleet" in said
    policy.write_text(f"{plain.replace('  page: {}', '  page: {paths: true}')}")
    assert keys(me(*CAMBER, "x")) == ["CAMBER:file:x"]
    policy.write_text(f"{plain.replace('file:', 'src:').replace(': file', ': src')}")
    assert keys(me(*CAMBER, "x")) == ["CAMBER:src:x"]


def test_for_a_program(me):
    row = {
        "path": "Src/a b",
        "text": "CAMBER:file:Src/a b",
        "key": "camber:file:src:a b",
    }
    assert me.json(*CAMBER, "Src/a b")["keys"] == [row]
    assert me.json(*CAMBER, "..", code=2)["answer"] == "usage"


@pytest.mark.parametrize("path", ["x", "all/any"])
def test_outside_of_a_feed(tmp_path, me, path):
    me = me.at(tmp_path)
    me.seat.git("init", "-q", str(tmp_path), cwd=tmp_path)
    (key,) = keys(me(*CAMBER, path))
    assert shape_flaw(key) is None


def test_a_row_of_the_queue_has_keys_that_can_be_typed(me):
    key = r"CAMBER:page:a, b=c"
    item = me.new(key=key)
    listed = me("active").stdout
    word = listed.partition("surface=")[2].partition(" ")[0]
    assert word == "CAMBER:page:a%2C%20b%3Dc"
    assert item in me("active", "--surface-claim", word, code=1).stdout


def test_what_one_lane_holds_no_other_claims_under_another_name(me):
    item = me.new(key="CAMBER:file:src/app")
    mine = ("--subject", "x", "--proof", "nobody is at work on that")
    for key in ("ORA:file:src/app/x.py", "CAMBER:code:SRC/app", "ORA:files:src"):
        assert item in me("active", "--surface-claim", key, code=1).stdout
        refused = me("claim", "--new", "CMB", *mine, "--surface", key, code=1)
        assert f"COLLIDE-WITH-{item}" in refused.stderr
    # A family of its own is another thing, and unknown ones are told with the nearest.
    told = me("claim", "--new", "CMB", *mine, "--surface", "ORA:flie:src/app")
    assert "FF210" in told.stderr
    assert "write file" in told.stderr


def test_a_key_that_no_claim_could_have_is_not_allocated(me):
    ask = ("active", "--surface-claim")
    told = me(*ask, "CAMBER:flie:a")
    assert told.stdout.startswith("ALLOCATED\n")
    assert "FF210 flie is no family of this fleet; write file" in told.stderr
    policy = me.folder / "feed/policy.yaml"
    policy.write_text(f"{policy.read_text()}lanes: [CAMBER]\nunknown_family: reject\n")
    me.seat.commit("lanes and families")
    me.seat.push()
    assert "FF210" in me(*ask, "CAMBER:flie:a", code=1).stderr
    assert "FF204" in me(*ask, "ORA:file:a", code=1).stderr
    assert me.json(*ask, "ORA:file:a", code=1)["answer"] == "refused"
    assert me(*ask, "CAMBER:file:a").stdout.startswith("ALLOCATED\n")
