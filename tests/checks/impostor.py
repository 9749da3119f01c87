"""What an impostor can do, and whoever may: acts, and a fleet in each mode to try them.

CAMBER-06 is the true seat of what is done here, CAMBER-06/b a sub-seat of it, FLEET-01
the steward, and CAMBER-07 the impostor, who has a key and a login as everybody has.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from harness import Fleet, Seat, Server, claim, clean, path, post
from harness.built import Builder, Workshop
from harness.fleet import MAIN
from harness.logins import pusher_policy
from harness.posts import Value
from harness.raw_push import new_objects, pack_of, push_raw
from harness.repo import Result
from harness.signing import Key, SignedFleet, signed_policy, signs
from harness.transport import FORCED_COMMAND

NONE, PUSHER, SIGNED = MODES = ("none", "pusher", "signed")
TRUE, SUB, STEWARD, IMPOSTOR = "CAMBER-06", "CAMBER-06/b", "FLEET-01", "CAMBER-07"
POLICY, SIGNERS, REVOKED = (
    f"feed/{name}" for name in ("policy.yaml", "allowed_signers", "revoked_keys")
)

SPEAKS_FOR = {
    "true": (TRUE, f"{TRUE}/*"),
    "steward": (STEWARD, f"{STEWARD}/*"),
    "impostor": (IMPOSTOR, f"{IMPOSTOR}/*"),
    "delegate": (TRUE, f"{TRUE}/*"),
    "sub": (SUB,),
    "founder": ("*", "*/*"),
}
"""The logins, and for whom each speaks; so does a key or certificate of theirs."""

KEYS = {"true": TRUE, "steward": STEWARD, "impostor": IMPOSTOR}
"""Whose key stands in allowed_signers by itself; the others have certificates."""


def _life(item: str, state: str, key: str, **fields: Value) -> dict[str, str]:
    """An item that CAMBER-06 has claimed, and then `state`."""
    first = claim(item, f"CAMBER:file:{key}", **fields)
    then = {path(item, 2): post(item=item, state=state)} if state else {}
    return {path(item): first, **then}


FEED = {
    **_life("CMB-0001", "", "one"),
    path("CMB-0002"): post(item="CMB-0002", owner=TRUE),
    **_life("CMB-0003", "PARKED", "three"),
    **_life("CMB-0004", "DONE", "four"),
    **_life("CMB-0005", "", "five", seat=SUB),
    path("CMB-0006"): post(item="CMB-0006"),
    **_life("CMB-0007", "", "seven", lease="1s"),
    **_life("CMB-0008", "", "eight", seat="CAMBER-08", lease="1s"),
}
"""What the feed has at the start; the leases of two claims are over at once."""

_SHOP = "WORKSHOP"

_LAPSED = 2.5
"""Seconds after which they, and their grace, are over."""


@dataclass(frozen=True)
class Team:
    """A fleet in one of the modes, with this feed."""

    mode: str
    fleet: Fleet
    keys: Path
    began: float

    @classmethod
    def make(cls, mode: str, signed: SignedFleet, folder: Path) -> "Team":
        """Make it of a signed fleet, whose keys it goes on with."""
        made = cls(mode, signed.copy(folder).fleet, signed.keys, began=0.0)
        server, policy = made.fleet.server, made.fleet.server.holds(POLICY, MAIN) or ""
        if mode == PUSHER:
            server.install("--pusher-from", "forced-command")
            logins = [f"{who}: {list(seats)}" for who, seats in SPEAKS_FOR.items()]
            policy = pusher_policy(policy, ", ".join(logins))
        elif mode == NONE:
            policy = signed_policy(policy).replace("mode: signed", "mode: none")
        leases = "leases: {default: 24h, max: 7d, indefinite: false, grace: 1s}"
        kept = [row for row in policy.splitlines() if not row.startswith("leases:")]
        made.push({POLICY: "\n".join([*kept, leases, ""])}, Key(signed.keys / STEWARD))
        made.push(FEED, made.key("founder"))
        return replace(made, began=time.time())

    def push(self, files: "Files", key: Key | None) -> None:
        """Have the server accept what the founder brings, signed by `key`."""
        seat = self.fleet.seat(_SHOP)
        commit = Builder(seat).commit(files, self.fleet.server.tip(MAIN), key=key)
        to, by = f"{commit}:{MAIN}", self.login("founder")
        seat.git("push", "-q", "--no-verify", "origin", to, env=by)

    def copy(self, folder: Path) -> "Team":
        """The same fleet once more."""
        fleet = self.fleet.copy(folder)
        (fleet.server.folder / "objects/info/alternates").unlink(missing_ok=True)
        return Team(self.mode, fleet, self.keys, self.began)

    def key(self, who: str) -> Key | None:
        """By what they sign: nothing, where nobody asks."""
        if self.mode != SIGNED:
            return None
        if who in KEYS:
            return Key(self.keys / KEYS[who])
        made = self.keys / f"{who}-cert.pub"
        if not made.exists():
            key = Key.make(self.keys, who)
            found = Key(self.keys / "ca").certify(key, *SPEAKS_FOR[who])
            made.symlink_to(found.file)
        return Key(made.resolve())

    def login(self, who: str) -> dict[str, str]:
        """What the server's way in says of who pushes."""
        return {"FLEETFEED_PUSHER": who}

    @cached_property
    def shop(self) -> Workshop:
        """Where commits are built and judged, and land nowhere."""
        return Workshop.of(self.fleet, _SHOP)

    def policy(self, *lines: str) -> str:
        """The policy, with these lines in place of those that begin alike."""
        heads = tuple(line.partition(":")[0] + ":" for line in lines)
        now = self.fleet.server.holds(POLICY, MAIN) or ""
        kept = [row for row in now.splitlines() if not row.startswith(heads)]
        return "\n".join([*kept, *lines, ""])

    def wait(self) -> None:
        """Until the leases are over that are meant to be."""
        time.sleep(max(0.0, self.began + _LAPSED - time.time()))


Files = Mapping[str, str]


@dataclass(frozen=True)
class Act:
    """Something done in the name of `seat`; `command` does it, where there is one.

    `says` is what a refusal calls it. `who` may do it, of those in `SPEAKS_FOR`.
    """

    name: str
    seat: str
    files: Callable[[Team], Files]
    says: str
    command: tuple[str, ...] = ()
    who: tuple[str, ...] = ("true", "delegate")
    code: str = "FF601"
    after_lapse: bool = False


def _posts(
    name: str,
    item: str,
    number: int,
    state: str,
    *command: str,
    seat: str = TRUE,
    who: tuple[str, ...] = ("true", "delegate"),
    after_lapse: bool = False,
    **fields: Value,
) -> Act:
    """The next post of an item."""
    files = {path(item, number): post(item=item, state=state, seat=seat, **fields)}
    says = f"{seat}, who says {state} on {item}"
    return Act(name, seat, lambda _: files, says, command, who, after_lapse=after_lapse)


def _rules(name: str, what: str, files: Callable[[Team], Files]) -> Act:
    """A change of the rules, which only a steward's is."""
    says = f"may not change {what}, since it speaks for no steward"
    return Act(name, STEWARD, files, says, (), ("steward",), "FF608")


_NOTE = "feed/notes/2026/11/20261120T155200Z-CAMBER-06-9f3a.yaml"
_NEW = claim("CMB-0009", "CAMBER:file:nine", seat="CAMBER-08")
_CLAIM = ("--surface", "CAMBER:file:nine", "--proof", "nobody else works on it")
_AS_STEWARD = {"seat": STEWARD, "who": ("steward",), "reason": "the host is gone"}
_WHY = ("--reason", "the host is gone")

ACTS = (
    _posts("finish", "CMB-0001", 2, "DONE", "done", "CMB-0001"),
    _posts("release", "CMB-0001", 2, "AWAITING_CLAIM", "release", "CMB-0001"),
    _posts("park", "CMB-0001", 2, "PARKED", "park", "CMB-0001"),
    _posts("block", "CMB-0001", 2, "BLOCKED", "block", "CMB-0001"),
    _posts(
        "hand_over", "CMB-0001", 2, "IN_PROGRESS",
        "handoff", "CMB-0001", "--to", IMPOSTOR, owner=IMPOSTOR, epoch=2,
    ),
    _posts("amend", "CMB-0004", 3, "DONE", "append", "CMB-0004", "--state", "DONE",
           "--body", "it never worked", body="it never worked"),
    _posts("resume", "CMB-0003", 3, "IN_PROGRESS", "claim", "CMB-0003"),
    _posts(
        "take_over", "CMB-0008", 2, "IN_PROGRESS", "claim", "CMB-0008", *_WHY,
        reason="the host is gone", epoch=2, after_lapse=True,
    ),
    _posts("evict", "CMB-0001", 2, "AWAITING_CLAIM",
           "evict", "CMB-0001", "--force", *_WHY, epoch=2, **_AS_STEWARD),
    _posts("finish_as_steward", "CMB-0001", 2, "DONE",
           "done", "CMB-0001", *_WHY, epoch=2, **_AS_STEWARD),
    _posts("cancel_as_steward", "CMB-0006", 2, "CANCELLED",
           "cancel", "CMB-0006", *_WHY, **_AS_STEWARD),
    _posts("act_as_parent", "CMB-0005", 2, "DONE", "done", "CMB-0005"),
    _posts("act_as_sub_seat", "CMB-0005", 2, "PARKED", "park", "CMB-0005",
           seat=SUB, who=("true", "delegate", "sub")),
    Act(
        "squat", "CAMBER-08", lambda _: {path("CMB-0009"): _NEW},
        "CAMBER-08, who says IN_PROGRESS on CMB-0009",
        ("claim", "--new", "CMB", "--subject", "mine", *_CLAIM), ("founder",),
    ),
    _posts("renew_the_dead", "CMB-0007", 2, "IN_PROGRESS", "renew", "CMB-0007"),
    _posts("reopen", "CMB-0004", 3, "AWAITING_CLAIM",
           "append", "CMB-0004", "--state", "AWAITING_CLAIM", *_WHY,
           reason="the host is gone", epoch=2),
    Act(
        "write_a_note", TRUE, lambda _: {_NOTE: f"SEAT: {TRUE}\nBODY: it is mine\n"},
        f"{TRUE}, who writes a note", ("note", "--body", "it is mine"),
    ),
    _posts("take_as_named_owner", "CMB-0002", 2, "IN_PROGRESS", "claim", "CMB-0002"),
    _posts("cancel_what_was_filed", "CMB-0006", 2, "CANCELLED", "cancel", "CMB-0006"),
    _posts("file_in_anothers_name", "CMB-0009", 1, "AWAITING_CLAIM",
           "append", "CMB-0009", "--subject", "a piece of work",
           "--state", "AWAITING_CLAIM"),
    _rules("make_himself_steward", "the policy", lambda team: {
        POLICY: team.policy(f"stewards: [{STEWARD}, {IMPOSTOR}]")}),
    _rules("shorten_the_leases", "the policy", lambda team: {
        POLICY: team.policy("leases: {default: 1s, max: 1s, grace: 1s}")}),
    _rules("add_a_key", "allowed_signers", lambda team: {
        SIGNERS: (team.fleet.server.holds(SIGNERS, MAIN) or "")
        + f"{TRUE} {Key(team.keys / 'stranger').public}\n"}),
    _rules("revoke_a_key", "revoked_keys", lambda team: {
        REVOKED: f"{Key(team.keys / TRUE).public}\n"}),
    _rules("move_the_pointer", ".fleetfeed.yaml", lambda _: {
        ".fleetfeed.yaml": "dir: feed\n"}),
)  # fmt: skip


def by_command(team: Team, act: Act, who: str) -> Result:
    """The act by fleetfeed's own command, in the clone of who does it."""
    seat = _clone(team, who)
    return seat.fleetfeed(
        *act.command, "--seat", act.seat, env=team.login(who), ok=None
    )


def by_git(team: Team, act: Act, who: str) -> Result:
    """The act by hand and plain git, the client's hooks off."""
    seat = _clone(team, who)
    for file, text in act.files(team).items():
        seat.write(file, text)
    off = ("-c", "core.hooksPath=/dev/null")
    seat.git("add", "-A")
    seat.git(*off, "commit", "-q", "-m", "by hand")
    return seat.git(
        *off, "push", "origin", f"HEAD:{MAIN}", env=team.login(who), ok=None
    )


def by_objects(team: Team, act: Act, who: str) -> Result:
    """The act by objects and a pack that no git made, over a forced command."""
    seat, server = _clone(team, who), team.fleet.server
    tip = server.tip(MAIN)
    commit = Builder(seat).commit(act.files(team), tip, key=team.key(who))
    known = Server(server.folder, clean(**team.login(who)))
    pack = pack_of(new_objects(seat, server))
    with FORCED_COMMAND.open(known) as address:
        said = push_raw(address, [f"{tip} {commit} {MAIN}"], pack)
    return Result((), int(server.tip(MAIN) != commit), "", said)


WAYS = {"command": by_command, "git": by_git, "objects": by_objects}


def _clone(team: Team, who: str) -> Seat:
    seat = team.fleet.seat(KEYS.get(who, TRUE))
    seat.git("pull", "-q", "--ff-only")
    return signs(seat, team.key(who)) if team.mode == SIGNED else seat
