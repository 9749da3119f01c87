"""For which items whom a command makes sense."""

import pytest
from judge.gen_feeds import item, policy_of

from fleetfeed.judge.suited import suits

RULES = policy_of("stewards: [FLEET-01]\n")
FILER, HOLDER, OTHER, STEWARD = "HWD-02", "ORA-07", "CAMBER-06", "FLEET-01"
FILED = {"seat": FILER, "state": "AWAITING_CLAIM"}
HELD = {"seat": HOLDER, "state": "IN_PROGRESS"}
HISTORIES = {
    "filed": (FILED,),
    "held": (FILED, HELD),
    "blocked": (FILED, HELD, {"seat": HOLDER, "state": "BLOCKED"}),
    "done": (FILED, HELD, {"seat": HOLDER, "state": "DONE"}),
}
EVERYBODY = {FILER, HOLDER, OTHER, STEWARD}
NOBODY = set()


@pytest.mark.parametrize(
    ("at", "command", "flags", "who"),
    [
        ("filed", "claim", (), EVERYBODY),
        ("filed", "claim", ("--resume",), NOBODY),
        ("filed", "handoff", (), {FILER}),
        ("filed", "done", (), NOBODY),
        ("filed", "block", (), NOBODY),
        ("filed", "cancel", (), {FILER}),
        ("filed", "release", (), NOBODY),
        ("filed", "fence", (), NOBODY),
        ("filed", "beat", (), NOBODY),
        ("filed", "evict", (), NOBODY),
        ("held", "claim", (), NOBODY),
        ("held", "claim", ("--resume",), {HOLDER}),
        ("held", "claim", ("--reason",), EVERYBODY - {HOLDER}),
        ("held", "claim", ("--wait", "--json"), EVERYBODY - {HOLDER}),
        ("held", "hold", ("--watch",), EVERYBODY - {HOLDER}),
        ("held", "done", (), {HOLDER}),
        ("held", "handoff", (), {HOLDER}),
        ("held", "keep", (), {HOLDER}),
        ("held", "renew", (), {HOLDER}),
        ("held", "evict", (), EVERYBODY - {HOLDER}),
        ("blocked", "claim", (), {HOLDER, FILER}),
        ("blocked", "claim", ("--resume",), NOBODY),
        ("blocked", "block", (), NOBODY),
        ("blocked", "beat", (), NOBODY),
        ("blocked", "evict", (), NOBODY),
        ("done", "claim", (), NOBODY),
        ("done", "show", (), EVERYBODY),
    ],
)
def test_who_would_type_it(at, command, flags, who):
    there = item(*HISTORIES[at])
    asked = {seat for seat in EVERYBODY if suits(there, command, seat, RULES, flags)}
    assert asked == who
    assert suits(there, command, "", RULES, flags)


def test_of_what_cannot_be_read_only_a_change_of_state_is_typed():
    nothing = item()
    assert suits(nothing, "claim", OTHER, RULES)
    assert not suits(nothing, "keep", OTHER, RULES)
