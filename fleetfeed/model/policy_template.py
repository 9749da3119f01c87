"""The text of a new policy: every key, its default, and why."""

_TEXT = """\
# The fleet's rules. A change of this file goes into a commit that touches no post,
# and counts from the push after the one that brings it in.

# The one ref that carries the feed. Claims count when they are on it.
ref: {ref}

# The server whose hook judges every push, by the name that it gave itself. A claim is
# won when this server has answered, and nobody else. Left out: a fleet without hooks.
{server}

# Ticket prefix -> home lane of its items. Left out: any prefix.
# prefixes: {{CMB: CAMBER, FLT: FLEET}}

# The lanes that a surface key may begin with: a list, or a mapping that says who may
# claim in a lane, too. Left out: any lane.
# lanes: {{CAMBER: {{seats: ["CAMBER-*"]}}, FLEET: {{}}}}

# What kinds of surfaces there are. `paths`: paths of the work tree. `lane: any`: the
# lane is no part of what collides. One that is not here is warned of, or refused with
# `unknown_family: reject`. Left out: any family, each lane for itself.
families:
  file: {{paths: true, lane: any}}
  page: {{}}
  job: {{}}
  data: {{}}
  branch: {{}}

# Other names that families go by.
aliases: {{files: file, code: file}}

# An OWNER that stands for several seats; * does not cross a /.
pools: {{}}
# pools: {{any-idle-camber: ["CAMBER-*"]}}

# Seats that may act on other seats' items, with a REASON.
stewards: {stewards}

# In a signed fleet: how many of them a change of the rules takes, and which acts take
# as many: evict (act on another's claim), reopen (take up again what others have
# ended), lane (move a surface to another lane). Left out: one, and no act.
# stewards_sign: 2
# agreed: [evict, reopen, lane]

# The seats that there are. Another one as SEAT or OWNER is warned of, or refused with
# `unknown_seat: reject`. Left out: any seat.
# roster: ["CAMBER-*", "CAMBER-*/*", FLEET-01, FLEET-02]

# warn, required or optional: what becomes of a claim that names no surface. Where it is
# required, SURFACE_KEY: none with a REASON says that nothing is changed.
surface: warn

# warn, or reject: what happens when a proof does not name a nearby item.
proof: warn

# reject, or warn: what happens when work begins, or is done, upon what is not DONE.
depends: reject

# How long a claim is good without a sign of life; whether LEASE: none is allowed;
# how long after the lapse a takeover must wait; and, as `pools: {{agents: 30m}}`, how
# long claims of a pool's seats are good.
leases: {{default: 24h, max: 7d, indefinite: false, grace: 60s, turn: 60s}}

# How far beyond the highest number of its prefix a new item's number may be.
ids: {{max_gap: 100}}

# How long all items of a shard must be over before `fleetfeed seal` puts them into one
# file.
seal: {{after: 30d}}

# `inbox` is for many seats, on a host that has no queue of fleetfeed's (github.com,
# GitLab, Gitea): who loses a race leaves his post where others land it together with
# theirs. Left out, or direct: each pushes until his own push is the first.
# queue: inbox

# Which surfaces the repository's paths are: a pattern, and the key that they lie below
# (`web/a.ts` is CAMBER:file:web/a.ts). `*` and `?` stay in one folder, `**` does not;
# the first pattern that fits counts, and `none` takes a path out. Left out: none.
# paths: {{"web/gen/**": none, "web/**": "CAMBER:file"}}

# What becomes of a change there. `held` by another seat: reject, or warn; `unclaimed`:
# pass, warn or reject. `push`: whether the server judges code too (pass: it does not).
# guard: {{held: reject, unclaimed: pass, push: pass}}

# Fields of the fleet's own, and the states in which a post must carry them.
fields: {{}}
# fields:
#   WORK_PROOF: {{states: [DONE], level: warn}}

# Who may speak for a seat. `none`: whoever writes it as SEAT. `pusher`: the login that
# pushes, by `logins`. `signed`: the key that signs the commit, by the file
# allowed_signers beside this one.
identity: {{mode: none}}

# The seats that each login speaks for, by patterns.
# logins: {{alice: [CAMBER-06, "CAMBER-06/*"]}}
"""


def template(ref: str, server: str = "", stewards: tuple[str, ...] = ()) -> str:
    """A new policy for the feed ref `ref`: every key, its default, and why.

    `server` is the name of the fleet's server, where there is one.
    """
    named = f"server: {server}" if server else "# server: 5f1c8a0e9b7d4f26"
    seats = f"[{', '.join(stewards)}]"
    return _TEXT.format(ref=ref, server=named, stewards=seats)
