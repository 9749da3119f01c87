"""What a command is refused for is told in its flags, and in no lines of a file."""

import re
import shlex

import pytest
from harness import claim, path, post

from fleetfeed.cli.fields import FLAGS
from fleetfeed.model.catalogue import CATALOGUE
from fleetfeed.model.findings import Severity

SIX, ORA = "CAMBER-06", "ORA-01"
POLICY = """\
ref: refs/heads/main
prefixes: {CMB: CAMBER}
lanes: [CAMBER, ORA]
families: {file: {paths: true, lane: any}}
unknown_family: reject
pools: {any-ora: ["ORA-*"]}
stewards: [FLEET-01]
surface: required
proof: reject
depends: reject
leases: {default: 24h, max: 2d}
fields:
  WORK_PROOF: {states: [IN_PROGRESS], level: reject}
"""


def _key(number):
    return f"CAMBER:file:src/{number}/app.py"


def _item(number, state="AWAITING_CLAIM", **more):
    item = f"CMB-{number:04d}"
    said = {"state": state, "seat": SIX, "subject": f"work {number}", **more}
    return {path(item): claim(item, _key(number), **said)}


SEEDS = {
    "feed/policy.yaml": POLICY,
    **_item(1),
    **_item(2, depends_on="CMB-0001"),
    **_item(3, "DONE"),
    **_item(4, owner="any-ora"),
    **_item(5, "IN_PROGRESS"),
    path("CMB-0006"): post(item="CMB-0006", seat=SIX, subject="no key"),
}
NEW = ["claim", "--new", "CMB", "--field", "WORK_PROOF=x"]
WORK = ["--subject", "x"]
FREE = ["--surface", "CAMBER:file:docs/page.md", "--proof", "no other page is open"]
PROVEN = ["--field", "WORK_PROOF=x"]

# Code, what is typed, where it is wrong, and what must be said.
ROWS = [
    ("FF101", ["reserve", "CMB", *FREE], "CMB-0007", "add `--subject …`"),
    ("FF102", ["park", "CMB-0005", "--field", "WORK_PROF=x"], "--field WORK_PROF", "did you mean WORK_PROOF?"),
    ("FF103", ["renew", "CMB-0005", *PROVEN, "--lease", "soon"], "--lease", "write 90s"),
    ("FF103", ["append", "CMB-0001", "--state", "IN_PROGRESS", *PROVEN, "--owner", "any-ora"], "--owner", "name a seat"),
    ("FF104", ["block", "CMB-0005", "--depends-on", "cmb-1"], "--depends-on", "mended: --depends-on CMB-0001"),
    ("FF107", ["claim", "CMB-0001"], "CMB-0001", "add `--field WORK_PROOF=…`"),
    ("FF201", [*NEW, *WORK, "--surface", "CAMBER:file:src/../a", "--proof", "no other"], "--surface", "surface 'CAMBER:file:src/../a'"),
    ("FF202", [*NEW, *WORK, "--surface", "branch", "--proof", "no other"], "--surface", "surface 'branch'"),
    ("FF203", [*NEW, *WORK, "--surface", "CAMBER:all-bt", "--proof", "no other"], "--surface", "whole family"),
    ("FF204", [*NEW, *WORK, "--surface", "HWD:file:a.py", "--proof", "no other"], "--surface", "use one of CAMBER, ORA"),
    ("FF205", [*NEW, *WORK, *FREE, "--surface", "CAMBER:file:docs"], "--surface", "keep the broader"),
    ("FF206", [*NEW, *WORK, "--surface", "CAMBER:file:docs/page.md"], "--surface", "add `--proof "),
    ("FF207", [*NEW, *WORK, *FREE[:3], "n/a"], "--proof", "--proof 'n/a' "),
    ("FF208", [*NEW, *WORK, "--surface", "CAMBER:file:src/1/App.pyi", "--proof", "the stub alone"], "--proof", "in --proof"),
    ("FF209", [*NEW, *WORK], "CMB-0007", "add `--surface …`, or `--surface none` with --reason"),
    ("FF209", ["claim", "CMB-0006", *PROVEN], "CMB-0006", "add `--surface …`"),
    ("FF210", [*NEW, *WORK, "--surface", "CAMBER:flie:a.py", "--proof", "no other"], "--surface", "file"),
    ("FF301", ["park", "CMB-0005", "--seat", ORA], "--seat", "the holder CAMBER-06, or a steward with --reason"),
    ("FF302", ["claim", "CMB-0003", *PROVEN], "CMB-0003", "without --reason; add `--reason …`"),
    ("FF303", ["claim", "CMB-0001", *PROVEN, "--subject", "else"], "--subject", "take a number of your own"),
    ("FF308", ["reserve", "ABC", *WORK, *FREE], "ABC-0001", "use one of CMB"),
    ("FF311", ["block", "CMB-0005", "--depends-on", "CMB-0005"], "--depends-on", "take CMB-0005 out of --depends-on"),
    ("FF312", ["claim", "CMB-0002", *PROVEN], "CMB-0002", "`fleetfeed claim CMB-0001`"),
    ("FF312", ["claim", "CMB-0001", *PROVEN, "--depends-on", "CMB-0009"], "--depends-on", "change --depends-on (`--depends-on none` takes all away)"),
    ("FF503", ["renew", "CMB-0005", *PROVEN, "--lease", "9d"], "--lease", "--lease 9d is too long"),
]  # fmt: skip

# What a command fills in, or makes no post of.
OF_FILES = {
    "FF106": "a flag that takes one value is given once",
    "FF105": "the path is made from the fields",
    "FF304": "a stale epoch is exit 4",
    "FF305": "EPOCH is filled in",
    "FF306": "the number is filled in",
    "FF307": "so is an item's",
    "FF309": "REPAIRS is filled in",
    "FF310": "and nothing else is repaired",
}


@pytest.fixture(scope="module")
def strict(_settled, fleet_template, tmp_path_factory):
    """A feed whose policy asks for everything."""
    from cli.desk import Desks

    folder = tmp_path_factory.mktemp("strict") / "fleet"
    desks = Desks.unguarded(fleet_template.copy(folder))
    desks.seed(SEEDS)
    return desks


@pytest.mark.parametrize(
    ("code", "args", "place", "words"),
    [pytest.param(*row, id=f"{row[0]}-{' '.join(row[1][:2])}") for row in ROWS],
)
def test_a_refusal_names_flags(strict, code, args, place, words):
    me = strict.of(SIX)
    said = me(*args, code=1).stderr
    lines = [line for line in said.splitlines() if f" {code} " in line]
    assert any(line.startswith(f"{place}: {code} ") for line in lines), said
    assert words in said
    # No line of a file that nobody wrote, and no place in one.
    written = "|".join(FLAGS.values())
    assert not re.search(rf"`({written}|WORK_PROOF): ", said), said
    assert "feed/" not in said
    for word in ("SURFACE_KEY", "NO_OVERLAP_PROOF", "DEPENDS_ON", "EPOCH"):
        assert word not in said


def test_where_a_surface_is_required_none_passes_with_a_reason(strict):
    bare = (*NEW, *WORK, "--surface", "none", "--dry-run")
    me = strict.of(SIX)
    assert "FF209" in me(*bare, code=1).stderr
    assert me.json(*bare, "--reason", "its parts have keys")["findings"] == []


def test_every_rule_of_fields_surfaces_and_items_has_a_row():
    asked = {code for code in CATALOGUE if code[:3] in ("FF1", "FF2", "FF3")}
    assert asked == {row[0] for row in ROWS if row[0][:3] != "FF5"} | OF_FILES.keys()


def test_a_flag_that_the_command_lacks_is_one_of_claim(desks):
    """`next` takes what was filed as it is: what is missing is given by `claim`."""
    seeds = {name: SEEDS[name] for name in ("feed/policy.yaml", path("CMB-0006"))}
    desks.seed(seeds)
    said = desks.of(SIX)("next", *PROVEN, code=1).stderr
    assert said.startswith("CMB-0006: FF209 CMB-0006 is claimed without a surface")
    assert "add `fleetfeed claim CMB-0006 --surface …`" in said


def test_a_flag_is_told_once(desks):
    me = desks.of(SIX)
    me("reserve", "CMB", "--subject", "x")
    said = me("handoff", "CMB-0001", "--to", "bad/", code=1).stderr
    assert said.startswith("--to: FF103 'bad/' is no seat; ")
    said = me("reserve", "CMB", "--subject", "x", "--priority", "a", code=1).stderr
    assert said.startswith("--priority: FF103 'a' is no priority; ")


def test_a_warning_of_next_names_the_command_that_amends(desks):
    me = desks.of(SIX)
    me("reserve", "CMB", "--subject", "x")
    said = me("next").stderr
    assert "add `fleetfeed append CMB-0001 --state IN_PROGRESS --surface …`" in said
    key = ("--surface", "CAMBER:file:a/b/c", "--proof", "nobody works there")
    me("append", "CMB-0001", "--state", "IN_PROGRESS", *key)
    sibling = ("--surface", "CAMBER:file:a/b/d", "--proof", "d alone")
    me("reserve", "CMB", "--seat", "ORA-01", "--subject", "y", *sibling)
    (found,) = me.json("next")["findings"]
    amend = "fleetfeed append CMB-0002 --state IN_PROGRESS"
    assert found["mended"] == f"{amend} --proof '…; apart from CMB-0001 (…)'"
    filled = shlex.split(found["mended"].replace("(…)", "(another file)"))[1:]
    assert me(*filled, code=0)


def test_a_key_without_a_proof_is_mended_by_the_proof(desks):
    me = desks.of(SIX)
    key = ("--surface", "CAMBER:file:a/b/c", "--proof", "nobody works there")
    me("reserve", "CMB", "--subject", "x", *key)
    near = ("--surface", "CAMBER:file:a/b/d")
    said = me("reserve", "CMB", "--subject", "y", *near, code=1).stderr
    assert "mended: --proof '…; apart from CMB-0001 (…)'" in said


@pytest.mark.parametrize("row", [ROWS[0], ROWS[14], ROWS[17]], ids=lambda r: r[0])
def test_a_program_is_told_the_same(strict, row):
    code, args, _, words = row
    said = strict.of(SIX).json(*args, code=1)
    assert said["message"].startswith(f"{code} ")
    assert words in said["message"]


def test_a_warning_names_flags_too(desks):
    me = desks.of(SIX)
    said = me("claim", "--new", "CMB", "--subject", "x", "--dry-run")
    assert said.stderr.startswith("CMB-0001: FF209 warning: ")
    assert "add `--surface …`, or `--surface none` with --reason" in said.stderr
    found = me.json("claim", "--new", "CMB", "--subject", "y", "--dry-run")["findings"]
    assert [(f["severity"], f["path"]) for f in found] == [
        (Severity.WARN.value, "CMB-0001")
    ]


def test_what_a_landed_post_lacks_comes_with_one_more(desks):
    """The command that wrote it would make another item, or meet its own claim."""
    me = desks.of(SIX)
    me("reserve", "CMB", "--subject", "x")
    for number, args in enumerate((("next",), ("claim", "--new", "CMB", *WORK)), 1):
        more = f"fleetfeed append CMB-{number:04d} --state IN_PROGRESS --surface"
        said = me(*args).stderr
        assert f"add `{more} …`, or `{more} none` with --reason" in said
        words = more.split()[1:]
        assert me(*words, "none", "--reason", "its parts have keys").stderr == ""
        mine = (f"CAMBER:page:{number}", "--proof", "nobody else has this page")
        assert me(*words, *mine).stderr == ""
