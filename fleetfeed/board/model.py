"""What is going on in a fleet, as all faces of the board show it.

It follows from a snapshot and what is known beside it: leases, who has not been told
what, what the server has refused, and the lives that its figures are made from. Nothing
is read here, and no clock: a face that stays open makes it anew.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from fleetfeed.board.stats import Stats, SurfaceUse, surface_name
from fleetfeed.feed.line import ahead_of, in_the_way, places
from fleetfeed.feed.lives import Life
from fleetfeed.feed.messages import reader
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.dependencies import waits_for
from fleetfeed.judge.waiting import WaitsGraph
from fleetfeed.lease.estimate import Estimate
from fleetfeed.lease.lease import lease_of
from fleetfeed.model import names
from fleetfeed.model.item import Item
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.durations import in_words
from fleetfeed.util.records import record

UNREADABLE, IN_LINE = "UNREADABLE", "IN_LINE"
"""What an item is in beside its states: a post of it cannot be read; it is in line."""

STATES = (
    State.IN_PROGRESS.value,
    State.AWAITING_CLAIM.value,
    IN_LINE,
    State.BLOCKED.value,
    State.PARKED.value,
    UNREADABLE,
    State.DONE.value,
    State.CANCELLED.value,
)
"""What an item may be in, in the order in which they are shown.

The last two are open where they hold something all the same.
"""

WORDS = {
    "IN_PROGRESS": "at work",
    "AWAITING_CLAIM": "awaiting",
    "IN_LINE": "in line",
    "BLOCKED": "blocked",
    "PARKED": "parked",
    "UNREADABLE": "unreadable",
    "DONE": "done",
    "CANCELLED": "cancelled",
}
"""What each state is called on the board."""

ALERTS = {
    "unreadable": "cannot be read",
    "over": "lease over",
    "stuck": "stuck",
    "turn": "their turn",
    "soon": "runs out soon",
    "notes": "unseen notes",
}
"""What may need somebody, and its title, the most urgent first."""

SOON = 15 * 60
"""A lease runs out soon where so many seconds are left of it, or a tenth of it."""

ACCOUNTABLE = "ACCOUNTABLE"
"""The field in which a fleet names the person who answers for an agent's work."""


@record
class Lease:
    """A lease of `length` seconds (None: not known) of which `left` are left.

    `left` is infinite where it has no end, and not positive where it is over.
    """

    left: float
    length: float | None
    exact: bool

    @property
    def over(self) -> bool:
        """Whether it seems to have lapsed."""
        return self.left <= 0

    @property
    def soon(self) -> bool:
        """Whether it runs out soon."""
        tenth = 0.0 if self.length is None else self.length / 10
        return 0 < self.left <= max(SOON, tenth)

    @property
    def share(self) -> float:
        """How much of it is left, from 0 to 1."""
        if math.isinf(self.left) or not self.length:
            return 1.0 if self.left > 0 else 0.0
        return min(1.0, max(0.0, self.left / self.length))


@record
class Waited:
    """What an item depends on and is not done: its state in words, and whose it is."""

    item: str
    state: str
    who: str

    @property
    def words(self) -> str:
        """`at work, CAMBER-07`."""
        return f"{self.state}, {self.who}" if self.who else self.state


@record
class Row:
    """An open item. All times are seconds of UTC, None where nobody says.

    `who` holds it, or would: `part` says what they are to it. `keys` are its surfaces,
    of which it holds those in `held`. `waits_for` are the items that it depends on and
    that are not done; `ahead` are the items before it in line, and `held_by`
    those that hold what it waits for. `next_up` says that it is its turn now. `behind`
    are the items that wait for it, in line or by what they depend on. `stuck` says in
    words why it cannot go on as things stand; empty where nothing is known.
    """

    item: str
    state: str
    subject: str
    lane: str
    keys: tuple[str, ...]
    holds: bool
    who: str
    part: str
    accountable: str
    priority: int
    filed: float | None
    since: float | None
    lease: Lease | None
    turn: int
    next_up: bool
    ahead: tuple[str, ...]
    held_by: tuple[str, ...]
    waits_for: tuple[Waited, ...]
    behind: tuple[str, ...]
    unseen: int | None
    stuck: str

    @property
    def urgency(self) -> tuple[int, float, tuple[str, int]]:
        """What sorts items: what needs somebody first."""
        left = self.lease.left if self.lease else math.inf
        return _urgency(self), left, names.in_order(self.item)


def _urgency(row: Row) -> int:
    if row.state == UNREADABLE:
        return 0
    if row.lease and row.lease.over:
        return 1
    if row.stuck or row.next_up:
        return 2
    if row.lease and row.lease.soon:
        return 3
    return 4 + STATES.index(row.state)


@record
class Alert:
    """Something that needs somebody: an item, whose it is, and what it is about.

    `kind` is one of `ALERTS`, `text` what is to be said behind its title.
    """

    kind: str
    item: str
    who: str
    text: str


@record
class Line:
    """Who waits for a surface: who holds it, and who is in line, the first first."""

    key: str
    holders: tuple[tuple[str, str], ...]
    waiting: tuple[tuple[str, str, int], ...]


@record
class Contended:
    """A surface that somebody wanted and did not get at once, and who has it now."""

    use: SurfaceUse
    holders: tuple[str, ...]
    waiting: int


@record
class Sources:
    """What is known beside the feed.

    `lease` tells the lease of an item, `unseen` how many messages its reader has not
    seen (None: it cannot be told). `refused_at` is when the server told last what it
    has refused, None where nobody has.
    """

    now: float
    lease: Callable[[Item], Estimate]
    unseen: Mapping[str, int | None]
    lives: Mapping[str, Life]
    stats: Stats
    refused_at: float | None = None


@record
class Board:
    """What all faces show. `rows` are by urgency, `counts` by state in their order."""

    now: float
    rows: tuple[Row, ...]
    counts: tuple[tuple[str, int], ...]
    lanes: tuple[tuple[str, int], ...]
    alerts: tuple[Alert, ...]
    lines: tuple[Line, ...]
    contended: tuple[Contended, ...]
    stats: Stats
    refused_at: float | None
    trouble: tuple[str, ...] = ()


def board(feed: Snapshot, sources: Sources) -> Board:
    """What is going on in `feed`."""
    items = feed.open
    graph = WaitsGraph(feed)
    behind = _dependents(items)
    rows = [_row(feed, item, sources, graph, behind) for item in items]
    rows.sort(key=lambda row: row.urgency)
    counts = Counter(row.state for row in rows)
    lanes = Counter(row.lane for row in rows)
    lines = tuple(_lines(feed, items))
    alerts = [alert for row in rows for alert in _alerts(row)]
    alerts.sort(key=lambda alert: list(ALERTS).index(alert.kind))
    return Board(
        sources.now,
        tuple(rows),
        tuple((state, counts[state]) for state in STATES if counts[state]),
        tuple(sorted(lanes.items())),
        tuple(alerts),
        lines,
        tuple(_contended(sources.stats, feed, lines)),
        sources.stats,
        sources.refused_at,
        tuple(
            f"{found.place.path}:{found.place.line}: {found.message}"
            for found in feed.policy.findings
        ),
    )


def state_of(item: Item) -> str:
    """What an item is in, for a reader."""
    if item.state is None or item.unreadable:
        return UNREADABLE
    return IN_LINE if item.turn else item.state.value


def lane_of(policy: Policy, item: Item) -> str:
    """The lane that an item is of: by its first surface, else by its prefix."""
    for key in item.held or item.keys:
        if key.parts:
            return key.parts[0].upper()
    known = names.parse(item.id)
    home = (policy.prefixes or {}).get(known.prefix, "") if known else ""
    return home.upper() or (known.prefix if known else "")


_Behind = Mapping[str, Sequence[str]]


def _dependents(items: Iterable[Item]) -> _Behind:
    """By item, the open items that say that they depend on it."""
    found: dict[str, list[str]] = {}
    for item in items:
        for name in dict.fromkeys(item.texts("DEPENDS_ON")):
            found.setdefault(name, []).append(item.id)
    return found


def _row(
    feed: Snapshot, item: Item, sources: Sources, graph: WaitsGraph, behind: _Behind
) -> Row:
    families, life = feed.rules.families, sources.lives.get(item.id)
    ahead = ahead_of(feed, item, families) if item.turn else ()
    held_by = in_the_way(feed, item.keys, families, item.id) if item.turn else ()
    line = () if item.turn else places(feed, item.held, families, item.id)
    waits = waits_for(feed, item)
    who, part = _who(item)
    lease = _lease(feed, item, sources.lease(item))
    waiting = dict.fromkeys((*(o.id for o in line), *behind.get(item.id, ())))
    return Row(
        item=item.id,
        state=state_of(item),
        subject=item.subject,
        lane=lane_of(feed.rules, item),
        keys=tuple(key.text for key in item.held or item.keys),
        holds=bool(item.held),
        who=who,
        part=part,
        accountable=", ".join(item.texts(ACCOUNTABLE)),
        priority=item.priority,
        filed=life.filed if life else None,
        since=life.since if life else None,
        lease=lease,
        turn=item.turn,
        next_up=bool(item.turn) and not ahead and not held_by,
        ahead=tuple(other.id for other in ahead),
        held_by=held_by,
        waits_for=tuple(_waited(feed.item(name)) for name in waits),
        behind=tuple(waiting),
        unseen=sources.unseen.get(item.id, 0),
        stuck=_stuck(feed, item, waits, graph),
    )


def _waited(item: Item) -> Waited:
    state = WORDS[state_of(item)] if item.newest else "not there"
    return Waited(item.id, state, item.contact)


def _who(item: Item) -> tuple[str, str]:
    """Whose an item is, and by what."""
    if item.state is State.IN_PROGRESS:
        return item.holder, "holds"
    if item.turn:
        return item.waiter, "waits"
    if item.state is State.AWAITING_CLAIM:
        return (item.owner, "offered") if item.owner else (item.filer, "filed")
    return (item.holder, "held last") if item.holder else (item.contact, "filed")


def _lease(feed: Snapshot, item: Item, known: Estimate) -> Lease | None:
    if known.left is None or not item.leased:
        return None
    return Lease(known.left, lease_of(item, feed.rules), known.exact)


def _stuck(feed: Snapshot, item: Item, waits: Iterable[str], graph: WaitsGraph) -> str:
    """Why an item cannot go on, whatever its holder does; empty where it can."""
    if item.unreadable:
        return f"post {item.unreadable[0]} cannot be read"
    for name in waits:
        other = feed.item(name)
        if not other.newest:
            return f"waits for {name}, which is not there"
        if other.state is State.CANCELLED:
            return f"waits for {name}, which was cancelled"
    circle = graph.way_back(item.id) if waits else ()
    return f"waits for itself: {' → '.join(circle)}" if circle else ""


def _alerts(row: Row) -> Iterator[Alert]:
    """What of an item needs somebody."""
    if row.state == UNREADABLE:
        yield Alert("unreadable", row.item, row.who, row.stuck or "cannot be read")
    elif row.stuck:
        yield Alert("stuck", row.item, row.who, row.stuck)
    if row.lease and row.lease.over:
        ago = in_words(-row.lease.left)
        yield Alert("over", row.item, row.who, f"ended {ago} ago")
    elif row.lease and row.lease.soon:
        left = in_words(row.lease.left)
        yield Alert("soon", row.item, row.who, f"ends in {left}")
    if row.next_up:
        what = row.keys[0] if row.keys else "its surface"
        yield Alert("turn", row.item, row.who, f"{what} is free")
    if row.unseen:
        number = f"{row.unseen} note{'' if row.unseen == 1 else 's'}"
        yield Alert("notes", row.item, row.who, number)


def _lines(feed: Snapshot, items: Iterable[Item]) -> Iterator[Line]:
    """The lines, the longest first: one for each surface that somebody waits for."""
    families, found = feed.rules.families, list[Line]()
    for key in dict.fromkeys(key for i in items if i.turn for key in i.keys):
        waiting = [(o.id, o.waiter, o.turn) for o in places(feed, (key,), families)]
        holds = in_the_way(feed, (key,), families)
        holders = [(name, reader(feed.item(name))) for name in holds]
        found.append(Line(key.text, tuple(holders), tuple(waiting)))
    return iter(sorted(found, key=lambda line: (-len(line.waiting), line.key)))


def _contended(
    figures: Stats, feed: Snapshot, lines: Iterable[Line]
) -> Iterator[Contended]:
    """The surfaces that were contended, or are, the most contended first."""
    families = feed.rules.families
    waiting = {surface_name(line.key, families): len(line.waiting) for line in lines}
    for use in figures.surfaces:
        key, name = SurfaceKey.of(use.key), surface_name(use.key, families)
        if not use.contention and name not in waiting:
            continue
        holders = in_the_way(feed, (key,), families)
        who = dict.fromkeys(reader(feed.item(name)) for name in holders)
        yield Contended(use, tuple(who), waiting.get(name, 0))
