"""`next` hands out what is ready, in order, and says why where nothing is."""

import pytest
from cli.busy import POLICY
from harness import claim, path, post

KEY = "CAMBER:file:src/a.py"


def filed(number, prefix="CMB", **fields):
    """A ticket as another program would file it."""
    item = f"{prefix}-{number:04d}"
    return {path(item): post(item=item, subject=f"work {number}", **fields)}


def first(desks, seat="ORA-01", *options):
    return desks.of(seat).json("next", "--dry-run", *options)["item"]


def why(desks, seat="ORA-01", *options):
    """The sentence where nothing is ready."""
    said = desks.of(seat).json("next", *options, code=1)
    assert said["answer"] == "nothing ready"
    return said["message"]


ORDERS = [
    ("number", {**filed(2), **filed(1)}, "CMB-0001"),
    ("number-as-number", {**filed(100), **filed(99)}, "CMB-0099"),
    ("time", {**filed(1, at="2026-11-20T12:00:00Z"), **filed(2, at="2026-11-20T11:59:59Z")}, "CMB-0002"),
    ("no-time-first", {**filed(1, at="2026-11-20T12:00:00Z"), **filed(2)}, "CMB-0002"),
    ("priority", {**filed(1, at="2026-11-20T11:00:00Z"), **filed(2, at="2026-11-20T12:00:00Z", priority=3)}, "CMB-0002"),
    ("priority-as-number", {**filed(1, priority=10), **filed(2, priority=9)}, "CMB-0002"),
    ("none-is-50-before-51", {**filed(1, priority=51), **filed(2)}, "CMB-0002"),
    ("none-is-50-behind-49", {**filed(1), **filed(2, priority=49)}, "CMB-0002"),
    ("first-post-counts", {**filed(1, at="2026-11-20T11:00:00Z"), path("CMB-0001", 2): post(at="2026-11-20T15:00:00Z", subject=None), **filed(2, at="2026-11-20T12:00:00Z")}, "CMB-0001"),
    ("only-what-awaits", {**filed(1, state="BLOCKED"), **filed(2, state="PARKED"), **filed(3, state="IN_PROGRESS"), **filed(4)}, "CMB-0004"),
    ("dependency-done", {**filed(1, state="DONE"), **filed(2, depends_on="CMB-0001")}, "CMB-0002"),
    ("dependency-open", {**filed(1, priority=90), **filed(2, depends_on="CMB-0001")}, "CMB-0001"),
    ("one-of-two-open", {**filed(1, state="DONE"), **filed(2, state="BLOCKED"), **filed(3, depends_on=["CMB-0001", "CMB-0002"]), **filed(4)}, "CMB-0004"),
    ("owner-is-this-seat", {**filed(1, owner="CAMBER-06"), **filed(2, owner="ORA-01")}, "CMB-0002"),
    ("owner-none", {**filed(1, owner="CAMBER-06"), **filed(2, owner="none")}, "CMB-0002"),
    ("a-spoiled-item-is-left-out", {**filed(1), path("CMB-0001", 2): "nonsense", **filed(2)}, "CMB-0002"),
    ("a-held-surface-is-left-out", {**filed(1, surface_key=KEY), path("CMB-0002"): claim("CMB-0002", KEY), **filed(3)}, "CMB-0003"),
]  # fmt: skip

_ALWAYS = {"number", "time", "priority", "none-is-50-before-51", "only-what-awaits", "dependency-open", "owner-is-this-seat", "a-spoiled-item-is-left-out", "a-held-surface-is-left-out"}  # fmt: skip


@pytest.mark.parametrize(
    ("seeds", "item"),
    [
        pytest.param(
            seeds, item, id=name, marks=[] if name in _ALWAYS else pytest.mark.large
        )
        for name, seeds, item in ORDERS
    ],
)
def test_what_comes_first(desks, seeds, item):
    desks.seed(seeds)
    assert first(desks) == item


def test_one_after_another_until_nothing_is_left(desks):
    desks.seed({**filed(1), **filed(2, priority=1), **filed(3)})
    me, taken = desks.of("ORA-01"), []
    for _ in range(3):
        said = me("next", "--lease", "2h")
        taken.append(said.stdout.partition("\n")[0])
    assert taken == ["CMB-0002", "CMB-0001", "CMB-0003"]
    assert me.item("CMB-0003")["lease"]["seconds"] == 7200
    assert why(desks).startswith("nothing awaits its claim; `fleetfeed active`")


def test_why_nothing_is_ready(desks):
    desks.seed({"feed/policy.yaml": POLICY, **filed(1, owner="any-camber")})
    assert why(desks).startswith("what awaits its claim (1) is offered to other seats")
    assert first(desks, "CAMBER-77") == "CMB-0001"
    desks.seed({**filed(2, depends_on="CMB-0003"), **filed(3, state="CANCELLED")})
    said = "of 2 that await their claim, none is ready: they depend on others"
    assert why(desks).startswith(said)
    told = desks.of("ORA-01")("show", "CMB-0002").stdout
    assert "depends on CMB-0003: CANCELLED" in told


def test_what_another_item_holds_too_is_said_to_wait_for_nothing(desks):
    """Two came to hold one surface, as where a policy makes two keys one."""
    held = {path("CMB-0002"): claim("CMB-0002", "ORA:file:src", seat="CAMBER-06")}
    awaits = filed(1, surface_key="CAMBER:file:src/a.py")
    policy = f"{POLICY}families: {{file: {{paths: true, lane: any}}}}\n"
    desks.seed({"feed/policy.yaml": policy, **awaits, **held})
    said = why(desks)
    assert "none is ready: other items hold their surfaces; `" in said
    listed = desks.of("ORA-01")("active", "--state", "AWAITING_CLAIM").stdout
    assert "`fleetfeed active --state AWAITING_CLAIM` lists them" in said
    assert listed.startswith("item=CMB-0001 ")


def test_a_lane_is_the_prefixs_or_the_surfaces(desks):
    desks.seed(
        {
            "feed/policy.yaml": POLICY,
            **filed(1),
            **filed(1, "HWD"),
            **filed(2, "HWD", surface_key="CAMBER:page:home", priority=1),
            **filed(3, surface_key="HEARTWOOD:page:news", priority=2),
        }
    )
    assert first(desks, "ORA-01") == "HWD-0002"
    assert first(desks, "ORA-01", "--lane", "HEARTWOOD") == "HWD-0002"
    assert first(desks, "ORA-01", "--lane", "camber") == "HWD-0002"
    desks.of("ORA-01")("claim", "HWD-0002")
    assert first(desks, "ORA-01", "--lane", "HEARTWOOD") == "CMB-0003"
    assert first(desks, "ORA-01", "--lane", "CAMBER") == "CMB-0003"
    assert why(desks, "ORA-01", "--lane", "ORBIT").startswith(
        "nothing awaits its claim in ORBIT;"
    )


def test_a_lane_is_no_way_to_move_the_terminal(desks):
    assert "\x1b" not in why(desks, "ORA-01", "--lane", "\x1b[2J")


def test_the_one_that_is_lost_is_passed_by(desks, monkeypatch):
    """Between the look and the push another seat takes the first one."""
    from fleetfeed.ledger.git import GitLedger

    desks.seed({**filed(1), **filed(2)})
    me, quicker, swap = desks.of("ORA-01"), desks.of("ORA-02"), GitLedger.swap

    def late(self, *args, **kwargs):
        monkeypatch.setattr(GitLedger, "swap", swap)
        quicker("claim", "CMB-0001")
        return self.swap(*args, **kwargs)

    monkeypatch.setattr(GitLedger, "swap", late)
    said = me.json("next")
    assert (said["item"], said["tries"]) == ("CMB-0002", 2)
