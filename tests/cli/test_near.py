"""Who begins is told what is near: when asking first, in a draft, in a claim, by next."""

import re
import shlex

import pytest
from cli.desk import PROOF, Desks
from cli.test_next import filed
from harness import claim, path, post

from fleetfeed.feed.near import MOST_TOLD

STRICT = "ref: refs/heads/main\nproof: reject\n"
LANE = "CAMBER:file:src"


def held(number, key, seat="ORA-02", **more):
    """An item of another seat's that is under way."""
    item = f"CMB-{number:04d}"
    return {path(item): claim(item, key, seat=seat, **more)}


CROWD = {
    name: text for n in range(1, 22) for name, text in held(n, f"{LANE}/{n}.py").items()
}


@pytest.fixture(scope="module")
def crowd(fleet_template, tmp_path_factory, _settled) -> Desks:
    """21 claims beside each other, under a policy that wants them named."""
    desks = Desks.unguarded(fleet_template.copy(tmp_path_factory.mktemp("crowd") / "t"))
    desks.seed({"feed/policy.yaml": STRICT, **CROWD})
    return desks


def new(key, proof=PROOF, prefix="CMB"):
    return ("--new", prefix, "--subject", "x", "--surface", key, "--proof", proof)


def test_half_done_work_is_told_to_who_asks_first(desks, me, other):
    item = me.new(key="CAMBER:table:jobs")
    me("block", item, "--reason", "half migrated")
    for key in ("CAMBER:table:jobs", "CAMBER:table:jobs/idx", "camber:Table:JOBS"):
        said = other("active", "--surface-claim", key)
        allocated, told, proof, _ = said.stdout.splitlines()
        assert allocated == "ALLOCATED"
        assert (
            told
            == f"{item} of CAMBER-06 is near (CAMBER:table:jobs, half-done, BLOCKED)"
        )
        assert proof == f"complete this proof: --proof '…; apart from {item} (…)'"
    said = other.json("active", "--surface-claim", "CAMBER:table:jobs")
    (row,) = said["near"]
    facts = {name: row[name] for name in ("item", "why", "holder", "state")}
    assert facts == {
        "item": item, "why": "at rest", "holder": "CAMBER-06", "state": "BLOCKED",
    }  # fmt: skip
    assert said["near_more"] == 0
    assert (
        "near" not in other("active", "--surface-claim", "CAMBER:table:job_s2").stdout
    )
    # And who claims all the same is told once more, and its holder when it comes back.
    said = other("claim", *new("CAMBER:table:jobs", "only the index is added"))
    assert f"FF208 warning: {item} of CAMBER-06 is near" in said.stderr
    taken = said.stdout.partition("\n")[0]
    other("park", taken)
    assert f"{taken} of CAMBER-07 is near" in me("claim", item).stderr


def test_ten_of_many_are_told_in_a_kilobyte(crowd):
    me = crowd.of("CAMBER-06")
    said = me("active", "--surface-claim", f"{LANE}/new.py").stdout
    assert said.count(" is near (CAMBER:file:src/") == MOST_TOLD
    assert "\nand 11 more\n" in said
    document = me.json("active", "--surface-claim", f"{LANE}/new.py")
    assert [row["item"] for row in document["near"]] == [
        f"CMB-{n:04d}" for n in range(1, MOST_TOLD + 1)
    ]
    assert document["near_more"] == 11
    refused = me("claim", *new(f"{LANE}/new.py"), code=1).stderr
    assert refused.count("FF208") == 2  # the finding, and the rule to look up
    assert refused.count(" is near (") == MOST_TOLD
    assert "; and 11 more; look, and name each" in refused
    assert len(refused) < 1500
    drafted = me("draft", *new(f"{LANE}/new.py")[1:], "--state", "IN_PROGRESS").stderr
    assert drafted.count(" is near (") == MOST_TOLD


def test_the_line_to_complete_is_typed_and_passes(crowd):
    me = crowd.of("CAMBER-06")
    for proof in (PROOF, "n/a", "…; apart from CMB-0001 (…)"):
        refused = me("claim", *new(f"{LANE}/new.py", proof), code=1).stderr
        mended = re.search(r"mended: --proof '(.*)'", refused)[1]
        filled = mended.replace("…", "its own file")
        me("claim", *new(f"{LANE}/new.py", filled), "--dry-run")
    asked = me("active", "--surface-claim", f"{LANE}/new.py").stdout
    given = re.search(r"--proof '(.*)'", asked)[1].replace("…", "its own file")
    me("claim", *new(f"{LANE}/new.py", given), "--dry-run")


def test_next_takes_last_what_nobody_has_compared(desks):
    beside = {
        "surface_key": f"{LANE}/1.py",
        "no_overlap_proof": PROOF,
        "seat": "FLEET-01",
    }
    desks.seed(
        {**filed(1, priority=1, **beside), **filed(2), **held(3, f"{LANE}/3.py")}
    )
    me = desks.of("ORA-01")
    assert me("next").stdout.startswith("CMB-0002\n")
    said = me("next")
    assert said.stdout.startswith("CMB-0001\n")
    assert f"CMB-0003 of ORA-02 is near ({LANE}/3.py, sibling)" in said.stderr


def test_next_is_refused_with_what_is_near_where_the_policy_says_so(desks):
    beside = {
        "surface_key": f"{LANE}/1.py",
        "no_overlap_proof": PROOF,
        "seat": "FLEET-01",
    }
    desks.seed(
        {"feed/policy.yaml": STRICT, **filed(1, **beside), **held(3, f"{LANE}/3.py")}
    )
    me = desks.of("ORA-01")
    said = me("next", code=1).stderr
    assert f"CMB-0003 of ORA-02 is near ({LANE}/3.py, sibling)" in said
    # Who filed it is not asked again.
    assert "CMB-0001" in desks.of("FLEET-01")("next", "--dry-run").stdout
    (typed,) = re.findall(r"`fleetfeed (claim CMB-0001 .*)`", said)
    me(*shlex.split(typed), code=1)
    me(*shlex.split(typed.replace("…", "that has the lexer, this the parser")))


def test_what_rests_is_resumed_with_a_proof_where_something_came_near(desks):
    there = {
        "feed/policy.yaml": STRICT,
        **filed(2),
        **held(1, f"{LANE}/1.py", "ORA-01"),
    }
    rests = post(
        item="CMB-0001",
        state="BLOCKED",
        seat="ORA-01",
        subject=None,
        depends_on="CMB-0002",
    )
    done = post(item="CMB-0002", state="DONE", subject=None)
    desks.seed({**there, path("CMB-0001", 2): rests, path("CMB-0002", 2): done})
    me = desks.of("ORA-01")
    me("next", "--mine", "--dry-run")
    desks.seed(held(3, f"{LANE}/3.py"))
    said = me("next", "--mine", code=1).stderr
    (typed,) = re.findall(r"`fleetfeed (claim CMB-0001 .*)`", said)
    me(*shlex.split(typed.replace("…", "that has the lexer, this the parser")))
