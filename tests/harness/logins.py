"""A fleet whose policy asks who pushes: `identity: {mode: pusher}`."""

import shutil

from harness.fleet import Fleet, Seat

LOGINS = 'alice: [CAMBER-06, "CAMBER-06/*"], bob: [CAMBER-07], fleet: [FLEET-01]'
"""Who speaks for whom, as the policy's `logins` has it."""


def pusher_policy(text: str, logins: str = LOGINS) -> str:
    """The policy `text`, in mode `pusher`, with FLEET-01 as its steward."""
    ours = ("identity:", "stewards:", "logins:")
    kept = [row for row in text.splitlines() if not row.startswith(ours)]
    mode = ("identity: {mode: pusher}", "stewards: [FLEET-01]")
    return "\n".join([*kept, *mode, f"logins: {{{logins}}}", ""])


def ask_who_pushes(seat: Seat, logins: str = LOGINS) -> None:
    """Push a policy in mode `pusher`, as long as anybody may."""
    policy = seat.folder / "feed/policy.yaml"
    policy.write_text(pusher_policy(policy.read_text(), logins))
    seat.commit("who pushes is asked")
    seat.push()


def pushers(fleet: Fleet, source: str) -> Fleet:
    """`fleet` in mode `pusher`, on a server that has recorded `source`."""
    steward = fleet.seat("FLEET-01")
    ask_who_pushes(steward)
    # In a copy of this fleet it would be a clone of this server, and no other.
    shutil.rmtree(steward.folder)
    fleet.server.install("--pusher-from", source)
    return fleet
