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
    """The rules of a feed in mode `signed`."""

    lines: tuple[Line, ...]
    stewards: tuple[str, ...] = STEWARDS
    sign: int = 1
    revoked: frozenset[str] = frozenset()

    by_text: ClassVar[dict[tuple[str, ...], "Rules"]] = {}

    @property
    def files(self) -> dict[str, str]:
        """The files that say so."""
        policy = "ref: refs/heads/main\nidentity: {mode: signed}\n"
        policy += f"stewards: [{', '.join(self.stewards)}]\n"
        policy += f"stewards_sign: {self.sign}\n" if self.sign > 1 else ""
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
            elif kind == "done" and self.held and self.held[0][2] in KEYS:
                self.grow(self.done(), KEYS[self.held[0][2]] if self.held else key)
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
        text = ApprovalText(
            feed_name("feed", "refs/heads/main"),
            rules_act(*named),
            "2099-01-01T00:00:00Z",
        )
        data = str(text).encode()
        return trailer(data + by.sign(data, "fleetfeed"))

    def merged(self, put: dict[str, str], by: Signer | None) -> str:
        """What a side brings that branched off at the tip, merged into what came then."""
        side = self.commit((self.tip,), put, by)
        self.grow(self.filed(SIX), KEYS[SIX])
        # It changes nothing against all its parents: anybody's, signed or not.
        self.tip = self.commit((self.tip, side), put, None)
        return side


def note(seat: str, rng: random.Random) -> dict[str, str]:
    """A note."""
    place = f"feed/notes/2026/11/20261120T155200Z-{seat.replace('/', '~')}-{rng.getrandbits(32):08x}.yaml"
    text = f"SEAT: {seat}\nAT: 2026-11-20T15:52:00Z\nBODY: hello\n"
    return {place: text}
