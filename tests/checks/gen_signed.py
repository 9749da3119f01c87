"""Signed feeds as raw histories: what is lawful in them, and what somebody plants.

Rules are kept as values beside their text, so that who was allowed can be told without
the code under test (`allows`).
"""

import random
import re
from dataclasses import dataclass, field, replace
from typing import ClassVar

from harness import claim, path, post
from harness.ed25519 import Signer
from harness.raw_history import RawHistory

from fleetfeed.model.approval import ApprovalText, feed_name, rules_act, trailer

SIX, SEVEN, EIGHT = "CAMBER-06", "CAMBER-07", "CAMBER-08"
STEWARDS = ("FLEET-01", "FLEET-02", "FLEET-03")
KEYS = {name: Signer(name) for name in (SIX, SEVEN, EIGHT, *STEWARDS, "stranger")}
CA, OTHER_CA = Signer("authority"), Signer("another authority")
LATER = "20990101"
RULES = ("policy.yaml", "allowed_signers", "revoked_keys")


@dataclass(frozen=True)
class Line:
    """A line of allowed_signers: whose key, for which seats, until when."""

    seats: tuple[str, ...]
    key: Signer
    authority: bool = False
    until: str = LATER

    @property
    def text(self) -> str:
        """The line."""
        ca = "cert-authority," if self.authority else ""
        options = f'{ca}valid-before="{self.until}Z"'
        return f"{','.join(self.seats)} {options} {self.key.public}\n"


@dataclass(frozen=True)
class Rules:
    """The rules of a feed, in mode `signed` or another."""

    lines: tuple[Line, ...]
    stewards: tuple[str, ...] = STEWARDS
    sign: int = 1
    revoked: frozenset[str] = frozenset()
    more: str = ""
    """Further lines of the policy."""
    mode: str = "signed"

    by_text: ClassVar[dict[tuple[str, ...], "Rules"]] = {}

    @property
    def files(self) -> dict[str, str]:
        """The files that say so."""
        policy = f"ref: refs/heads/main\nidentity: {{mode: {self.mode}}}\n"
        policy += f"stewards: [{', '.join(self.stewards)}]\n"
        several = self.sign > 1 and self.mode == "signed"
        policy += f"stewards_sign: {self.sign}\n" if several else ""
        policy += self.more
        gone = "".join(f"{Signer(name).public}\n" for name in sorted(self.revoked))
        texts = policy, "".join(line.text for line in self.lines), gone
        Rules.by_text[texts] = self
        return {f"feed/{name}": text for name, text in zip(RULES, texts, strict=True)}

    @staticmethod
    def of(files: dict[str, str]) -> "Rules":
        """The rules that stand in these files, which have been made by `files`."""
        return Rules.by_text[tuple(files[f"feed/{name}"] for name in RULES)]

    def allows(self, by: "Signer | None", seat: str) -> bool:
        """Whether a signer may write as `seat` today."""
        if by is None or by.name in self.revoked:
            return False
        names = [s for line in self.lines if line.key == by for s in line.seats]
        for known in (c for c in CERTIFIED if c.signer == by and c.valid):
            lines = [li for li in self.lines if li.authority and li.key == known.by]
            names += (
                one
                for one in known.seats
                if any(_fits(p, one) for li in lines for p in li.seats)
            )
        return any(_fits(pattern, seat) for pattern in names)


def _fits(pattern: str, seat: str) -> bool:
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", "[^/]*"), seat))


@dataclass(frozen=True)
class Certified:
    """A certificate: by whom, for which seats, and whether it is valid today."""

    signer: Signer
    by: Signer
    seats: tuple[str, ...]
    valid: bool


CERTIFIED: list[Certified] = []
_FAR = 4_000_000_000


def certificate(
    by: Signer, *seats: str, until: int = _FAR, key: str = "session"
) -> Signer:
    """A certificate that is valid from the beginning on."""
    made = by.certify(Signer(key), *seats, valid=(86_400, until))
    CERTIFIED.append(Certified(made, by, seats, until == _FAR))
    return made


FIRST = Rules(
    (
        *(Line((seat, f"{seat}/*"), KEYS[seat]) for seat in (SIX, SEVEN, *STEWARDS)),
        Line(("CAMBER-*",), CA, authority=True),
    )
)
SESSION = certificate(CA, EIGHT)


@dataclass
class Feed:
    """A history that grows at its tip, lawfully, with a minute between two commits."""

    raw: RawHistory
    rng: random.Random
    now: int
    tip: str = ""
    items: int = 0
    held: list[tuple[str, int, str]] = field(default_factory=list)
    """Items that are held: their id, newest post, and holder."""
    landed: list[str] = field(default_factory=list)
    """What was pushed, where that is kept."""

    @classmethod
    def begun(cls, raw: RawHistory, rng: random.Random, when: int) -> "Feed":
        """One with the first rules."""
        feed = cls(raw, rng, when)
        feed.tip = feed.commit((), FIRST.files, KEYS["FLEET-01"])
        return feed

    @property
    def files(self) -> dict[str, str]:
        """The files at the tip."""
        return dict(self.raw.files[self.tip])

    @property
    def rules(self) -> Rules:
        """The rules at the tip."""
        return Rules.of(self.files)

    def commit(
        self,
        parents: tuple[str, ...],
        put: dict[str, str],
        by: "Signer | bytes | None",
        *,
        dated: int | None = None,
        message: str = "x",
        files: dict[str, str] | None = None,
    ) -> str:
        """A commit that puts files into its first parent's, or into `files`."""
        self.now += 60
        first = self.raw.files[parents[0]] if parents else {}
        put = {**(first if files is None else files), **put}
        when = self.now if dated is None else dated
        return self.raw.commit(parents, put, by, dated=when, message=message)

    def grow(self, put: dict[str, str], by: "Signer | bytes | None", **more) -> str:
        """The same onto the tip, which it becomes; its id."""
        self.tip = self.commit((self.tip,), put, by, **more)
        return self.tip

    def filed(self, seat: str) -> dict[str, str]:
        """A new item's first post."""
        self.items += 1
        item = f"CMB-{self.items:04d}"
        return {path(item): post(item=item, seat=seat)}

    def claimed(self, seat: str) -> dict[str, str]:
        """A new item that `seat` has."""
        self.items += 1
        item = f"CMB-{self.items:04d}"
        self.held.append((item, 1, seat))
        return {path(item): claim(item, f"CAMBER:file:src/{item}", seat=seat)}

    def done(self, at: int = 0, seat: str = "") -> dict[str, str]:
        """One of the held items' end, by its holder, or by `seat`."""
        item, newest, holder = self.held.pop(at)
        text = post(item=item, state="DONE", seat=seat or holder, subject=None)
        return {path(item, newest + 1): text}

    def lawful(self, count: int) -> None:
        """So many commits that nothing is wrong with."""
        for _ in range(count):
            seat, key = self.rng.choice(
                [
                    (SIX, KEYS[SIX]),
                    (f"{SIX}/a", KEYS[SIX]),
                    (EIGHT, SESSION),
                    ("FLEET-01", KEYS["FLEET-01"]),
                ]
            )
            kind = self.rng.choice(["file", "claim", "done", "note", "rules", "merge"])
            if kind == "claim":
                self.grow(self.claimed(seat), key)
            elif kind == "done" and self.held and self.held[0][2] in (SIX, STEWARDS[0]):
                holder = self.held[0][2]
                self.grow(self.done(), KEYS[holder])
            elif kind == "note":
                self.grow(note(seat, self.rng), key)
            elif kind == "rules":
                self.ruled(self.rules)
            elif kind == "merge":
                self.merged(self.filed(seat), key)
            else:
                self.grow(self.filed(seat), key)

    def ruled(self, rules: Rules, by: str = "FLEET-01", *also: str) -> str:
        """Other rules by a steward, and as many others as have to agree."""
        if rules == self.rules:
            spare = Line(("ORA-*",), Signer(f"spare {self.rng.random()}"))
            rules = replace(rules, lines=(*rules.lines, spare))
        approving = also or STEWARDS[1 : self.rules.sign]
        lines = [self.approval(rules, Signer(name)) for name in approving]
        message = "\n".join(["x", "", *lines]) if lines else "x"
        return self.grow(rules.files, KEYS[by], message=message)

    def approval(self, rules: Rules, by: Signer, *, before: Rules | None = None) -> str:
        """The line of a steward who agrees to other rules than those at the tip."""
        sets = ((before or self.rules).files, rules.files)
        named = [
            {path.removeprefix("feed/"): t.encode() for path, t in files.items()}
            for files in sets
        ]
        return approved(rules_act(*named), by)

    def merged(self, put: dict[str, str], by: Signer | None) -> str:
        """What a side brings that branched off at the tip, merged into what came then."""
        side = self.commit((self.tip,), put, by)
        self.grow(self.filed(SIX), KEYS[SIX])
        # It changes nothing against all its parents: anybody's, signed or not.
        self.tip = self.commit((self.tip, side), put, None)
        return side

    def queued(
        self,
        base: str,
        put: dict[str, str],
        by: "Signer | bytes | None",
        *,
        dated: int | None = None,
    ) -> str:
        """What a queue lands that was built on `base`, an earlier tip; its own commit.

        The queue's merge is nobody's: it is not signed.
        """
        side = self.commit((base,), put, by, dated=dated)
        if base == self.tip:
            self.tip = side
        else:
            self.tip = self.commit((self.tip, side), put, None, files=self.files)
        return side


def approved(act: str, by: Signer) -> str:
    """The line of somebody who agrees to an act."""
    feed = feed_name("feed", "refs/heads/main")
    data = str(ApprovalText(feed, act, "2099-01-01T00:00:00Z")).encode()
    return trailer(data + by.sign(data, "fleetfeed"))


def note(seat: str, rng: random.Random) -> dict[str, str]:
    """A note."""
    place = f"feed/notes/2026/11/20261120T155200Z-{seat.replace('/', '~')}-{rng.getrandbits(32):08x}.yaml"
    text = f"SEAT: {seat}\nAT: 2026-11-20T15:52:00Z\nBODY: hello\n"
    return {place: text}


def pushed(feed: Feed) -> str:
    """The tip of what somebody would push: a few commits, lawful or not."""
    rng, old = feed.rng, feed.tip
    bases = [old]
    for _ in range(rng.randint(1, 3)):
        bases.append(_any_commit(feed, bases))
    return bases[-1]


def _any_commit(feed: Feed, bases: list[str]) -> str:
    rng, tip = feed.rng, bases[-1]
    files = feed.raw.files[tip]
    seat = rng.choice([SIX, SIX, SEVEN, EIGHT, f"{SIX}/a", "FLEET-01"])
    own = SESSION if seat == EIGHT else KEYS.get(seat, KEYS[SIX])
    others = [*KEYS.values(), SESSION, EXPIRED, FOREIGN, None]
    by = own if rng.random() < 0.8 else rng.choice(others)
    kind = rng.choice(
        ["file", "file", "claim", "end", "note", "rules", "merge", "copy"]
    )
    dated = rng.choice(
        [None, None, None, feed.now - 7200, feed.now + 200, feed.now + 9000]
    )
    if kind == "rules":
        return _any_rules(feed, tip, by)
    if kind == "end":
        rows = [p for p in files if p.endswith("/0001.yaml") and "notes" not in p]
        if rows:
            item = rng.choice(rows).split("/")[-2]
            at = next(n for n in range(1, 99) if path(item, n) not in files)
            state = rng.choice(["DONE", "IN_PROGRESS", "PARKED"])
            text = post(item=item, state=state, seat=seat, subject=None)
            return feed.commit((tip,), {path(item, at): text}, by, dated=dated)
    put = {
        "claim": lambda: feed.claimed(seat),
        "note": lambda: note(seat, rng),
    }.get(kind, lambda: feed.filed(seat))()
    if kind in ("merge", "copy"):
        base = rng.choice([*bases, *feed.landed[-3:]])
        if kind == "copy":  # what another has brought, on a line of one's own
            new = {p: t for p, t in files.items() if p not in feed.raw.files[base]}
            put = {p: t for p, t in new.items() if p.endswith("1.yaml")} or put
        side = feed.commit((base,), put, by)
        # Where nobody asks, a line may be merged into another, and be forgotten.
        asks = Rules.of(dict(feed.raw.files[feed.tip])).mode == "signed"
        turned = rng.random() >= 0.8 and asks
        parents = (side, tip) if turned else (tip, side)
        merger = rng.choice([own, own, None, by])
        both = {**feed.raw.files[parents[1]], **feed.raw.files[parents[0]]}
        # A merge keeps the newest rules, or those of its first parent.
        both |= {p: files[p] for p in FIRST.files} if rng.random() < 0.7 else {}
        return feed.commit(parents, {}, merger, files=both)
    return feed.commit((tip,), put, by, dated=dated)


def _any_rules(feed: Feed, tip: str, by: Signer | None) -> str:
    rng, rules = feed.rng, Rules.of(dict(feed.raw.files[tip]))
    name = rng.choice([SIX, SEVEN, "FLEET-02", "FLEET-03"])
    gone = tuple(line for line in rules.lines if name not in line.seats)
    back = (*gone, Line((name, f"{name}/*"), KEYS[name]))
    new = rng.choice(
        [
            replace(rules, lines=gone),
            replace(rules, lines=back),
            replace(rules, revoked=rules.revoked ^ {name}),
            replace(rules, mode="none" if rules.mode == "signed" else "signed"),
            replace(rules, sign=3 - rules.sign if rules.sign < 3 else 1),
            replace(
                rules,
                stewards=rules.stewards[:2] if len(rules.stewards) > 2 else STEWARDS,
            ),
        ]
    )
    steward = KEYS["FLEET-01"] if rng.random() < 0.8 else by
    agreeing = rng.choice([(), ("FLEET-02",), ("FLEET-02",), ("FLEET-01",), (SIX,)])
    lines = [feed.approval(new, KEYS[one], before=rules) for one in agreeing]
    message = "\n".join(["x", "", *lines])
    return feed.commit((tip,), new.files, steward, message=message)


EXPIRED = certificate(CA, EIGHT, until=1_700_000_000, key="expired")
FOREIGN = certificate(OTHER_CA, EIGHT, key="foreign")


def disallowed(feed: Feed, old: str, new: str) -> list[str]:
    """What a push from `old` to `new` brings that whoever signed it may not, by `old`.

    Slow and plain: every commit that `old` has not, its files and those of its parents.
    """
    found, raw = list[str](), feed.raw
    rules = Rules.of(dict(raw.files[old]))
    if rules.mode != "signed":
        return []
    have, fresh = raw.reachable(old), raw.reachable(new)
    before, after = raw.files[old], raw.files[new]
    for commit in fresh - have:
        above = [raw.files[one] for one in raw.parents[commit]]
        for where, text in raw.files[commit].items():
            brought = all(files.get(where) != text for files in above)
            lands = after.get(where) == text and where not in before
            if brought and lands and (seat := re.search("(?m)^SEAT: (.*)$", text)):
                by = raw.signers[commit]
                if not rules.allows(by, seat[1].strip('"')):
                    found.append(f"{commit} {where}")
    line, at = list[str](), new
    while at != old:
        line.append(at)
        at = raw.parents[at][0]
    for commit in line:
        first = raw.files[raw.parents[commit][0]]
        if any(first[p] != raw.files[commit].get(p) for p in FIRST.files):
            by = raw.signers[commit]
            if not any(rules.allows(by, one) for one in rules.stewards):
                found.append(f"{commit} changes the rules")
    return found
