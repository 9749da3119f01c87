"""The policy that `fleetfeed init` writes: every key, its default, and why."""

_TEXT = """\
# The fleet's rules. A change of this file goes into a commit that touches no post,
# and counts from the push after the one that brings it in.

# The one ref that carries the feed. Claims count when they are on it.
ref: {ref}

# Ticket prefix -> home lane of its items. Left out: any prefix.
# prefixes: {{CMB: CAMBER, FLT: FLEET}}

# The lanes that a surface key may begin with. Left out: any lane.
# lanes: [CAMBER, FLEET]

# An OWNER that stands for several seats; * does not cross a /.
pools: {{}}
# pools: {{any-idle-camber: ["CAMBER-*"]}}

# Seats that may act on other seats' items, with a REASON.
stewards: []

# optional, or required: whether every active post must name a surface.
surface: optional

# warn, or reject: what happens when a proof does not name a nearby item.
proof: warn

# How long a claim is good without a sign of life; whether LEASE: none is allowed;
# how long after the lapse a takeover must wait.
leases: {{default: 24h, max: 7d, indefinite: false, grace: 60s}}

# How far beyond the highest number of its prefix a new item's number may be.
ids: {{max_gap: 100}}

# How long all items of a shard must be over before `fleetfeed seal` puts them into one
# file.
seal: {{after: 30d}}

# Fields of the fleet's own, and the states in which a post must carry them.
fields: {{}}
# fields:
#   WORK_PROOF: {{states: [DONE], level: warn}}

# Who may speak for a seat. `none` trusts SEAT.
identity: {{mode: none}}
"""


def template(ref: str) -> str:
    """The text of a new policy for the feed ref `ref`."""
    return _TEXT.format(ref=ref)
