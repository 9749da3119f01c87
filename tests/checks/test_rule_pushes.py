"""Who may change the rules of a fleet, and which: pushes as the server's hook has them.

Each row makes the commit that is pushed; those without a code are let through.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from harness import path, post
from harness.built import Workshop
from harness.signing import Key, SignedFleet, revoking, signed_policy

from fleetfeed.model.approval import ApprovalText, rules_act, trailer
from fleetfeed.model.errors import CannotTell

POLICY, SIGNERS, REVOKED = (
    f"feed/{name}" for name in ("policy.yaml", "allowed_signers", "revoked_keys")
)
POINTER = ".fleetfeed.yaml"
HERE = "dir: feed\n"
STEWARD, SECOND, ME = "FLEET-01", "CAMBER-07", "CAMBER-06"


@dataclass(frozen=True)
class World:
    """A signed fleet in which FLEET-01, or with it CAMBER-07, is a steward."""

    signed: SignedFleet
    shop: Workshop
    tip: str
    first: str

    @classmethod
    def of(cls, signed: SignedFleet) -> "World":
        shop = Workshop.of(signed.fleet)
        server = signed.fleet.server
        first = server.line("rev-list", "--max-parents=0", "refs/heads/main")
        return cls(signed, shop, shop.tip, first)

    def two(self) -> "World":
        """The same, where two stewards sign."""
        both = signed_policy(self.policy, f"{STEWARD}, {SECOND}", "stewards_sign: 2")
        tip = self.shop.land(self.made({POLICY: both}))
        return replace(self, tip=tip)

    @property
    def policy(self) -> str:
        return self.shop.holds(POLICY)

    def with_policy(self, *lines: str) -> str:
        """The policy, with further lines in place of those that begin alike."""
        heads = tuple(line.partition(":")[0] + ":" for line in lines)
        kept = [r for r in self.policy.splitlines() if not r.startswith(heads)]
        return "\n".join([*kept, *lines, ""])

    def made(self, files, *parents: str, by: str | Key = STEWARD, **more) -> str:
        """A commit, on the feed as it is, signed by a key or that of a seat."""
        key = self.signed.key(by) if isinstance(by, str) and by else by or None
        return self.shop.builder.commit(
            files, *(parents or (self.tip,)), key=key, **more
        )

    def line(self, key: str, who: str = STEWARD) -> str:
        """A line of allowed_signers."""
        return f"{who} {self.signed.key(key).public}"

    def approved(self, files, by: str | Key, *, after=None, hours: float = 1) -> str:
        """A message that brings the approval of a seat for a change of the rules.

        `after` is what was changed before in the same push.
        """
        there = {name: self.shop.holds(f"feed/{name}") for name in RULES}
        now = {name: text.encode() for name, text in there.items() if text}
        now = {**now, **_named(after or {})}
        end = time.gmtime(time.time() + 3600 * hours)
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", end)
        act = rules_act(now, {**now, **_named(files)})
        text = str(ApprovalText("feed on refs/heads/main", act, until)).encode()
        key = self.signed.key(by) if isinstance(by, str) else by
        signature = key.sign(text, "fleetfeed")
        return f"a change\n\n{trailer(text + signature)}"


def _named(files) -> dict[str, bytes]:
    return {path.removeprefix("feed/"): text.encode() for path, text in files.items()}


RULES = ("policy.yaml", "allowed_signers", "revoked_keys")
Play = Callable[[World], str]


@dataclass(frozen=True)
class Row:
    name: str
    play: Play
    codes: frozenset[str]
    says: str
    two: bool


@dataclass(frozen=True)
class Table:
    rows: list[Row] = field(default_factory=list)

    def row(self, codes: str = "", says: str = "", *, two: bool = False):
        def add(play: Play) -> Play:
            wanted = frozenset(codes.split())
            self.rows.append(Row(play.__name__, play, wanted, says, two))
            return play

        return add


TABLE = Table()
row = TABLE.row


@pytest.fixture(scope="module")
def worlds(signed_template, tmp_path_factory) -> dict[bool, World]:
    folder = tmp_path_factory.mktemp("worlds")
    made = {n: World.of(signed_template.copy(folder / str(n))) for n in (False, True)}
    return {False: made[False], True: made[True].two()}


def judge(world: World, commit: str):
    try:
        verdict = world.shop.judged(commit)
    except CannotTell as error:
        return {"cannot tell"}, f"{error}"
    return {f.code for f in verdict.findings}, " ".join(
        f.message for f in verdict.findings
    )


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.name)
def test_rules(row, worlds):
    world = worlds[row.two]
    codes, said = judge(world, row.play(world))
    assert (codes, row.says in said) == (row.codes, True), said


# By whom.


@row()
def a_policy_by_the_steward(w):
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")})


@row("FF608", "(CAMBER-06) may not change the policy, since it speaks for no steward")
def a_policy_by_no_steward(w):
    return w.made({POLICY: w.with_policy("stewards: [CAMBER-06]")}, by=ME)


@row("FF608")
def shorter_leases(w):
    return w.made({POLICY: w.with_policy("leases: {default: 1s, max: 1s}")}, by=ME)


@row("FF602", "the policy would be changed: commit")
def a_policy_by_nobody(w):
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")}, by="")


@row("FF603")
def a_policy_by_a_stranger(w):
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")}, by="stranger")


@row("FF603")
def a_key_that_comes_with_the_change_that_it_signs(w):
    signers = w.signed.signers(w.line("stranger"))
    return w.made({SIGNERS: signers}, by="stranger")


@row("FF608", "allowed_signers")
def signers_by_no_steward(w):
    return w.made({SIGNERS: w.signed.signers(w.line("stranger", ME))}, by=ME)


@row()
def signers_by_the_steward(w):
    return w.made({SIGNERS: w.signed.signers(w.line("stranger", ME))})


@row("FF608", "revoked_keys")
def a_revocation_by_no_steward(w):
    return w.made({REVOKED: w.signed.key(SECOND).public + "\n"}, by=ME)


@row()
def a_revocation_by_the_steward(w):
    return w.made({REVOKED: revoking(w.signed.keys, w.signed.key(SECOND))})


@row("FF608", ".fleetfeed.yaml")
def a_pointer_by_no_steward(w):
    return w.made({POINTER: HERE}, by=ME)


@row("FF608", ".fleetfeed.yaml")
def a_folder_in_the_pointers_place_for_a_while(w):
    return w.made({POINTER: None}, w.made({f"{POINTER}/x": "y"}, by=ME), by=ME)


@row("FF602")
def a_pointer_by_nobody(w):
    return w.made({POINTER: HERE}, by="")


@row()
def a_pointer_by_the_steward(w):
    return w.made({POINTER: HERE})


@row("FF406")
def a_pointer_that_points_elsewhere(w):
    return w.made({POINTER: "dir: other\n"})


@row()
def a_policy_by_the_certificate_of_the_steward(w):
    key = w.signed.certificate(STEWARD, f"{STEWARD}/*", serial=3)
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")}, by=key)


@row("FF608")
def a_policy_by_a_sub_seat_of_the_steward(w):
    key = w.signed.certificate(f"{STEWARD}/a1", serial=4)
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")}, by=key)


@row("FF608")
def a_policy_by_a_pattern_of_sub_seats(w):
    key = w.signed.certificate("*/*", serial=5)
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")}, by=key)


@row()
def a_policy_by_the_steward_in_another_case(w):
    key = w.signed.certificate("fleet-01", serial=6)
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")}, by=key)


@row("FF608")
def a_policy_by_one_whose_seat_only_begins_alike(w):
    key = w.signed.certificate("FLEET-012", serial=7)
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")}, by=key)


# By two.


def _gap(w):
    return {POLICY: w.with_policy("ids: {max_gap: 7}")}


@row("FF609", "by 2 stewards, and 1", two=True)
def by_one_of_two(w):
    return w.made(_gap(w))


@row(two=True)
def by_two(w):
    return w.made(_gap(w), message=w.approved(_gap(w), SECOND))


@row(two=True)
def by_two_the_other_way_round(w):
    return w.made(_gap(w), by=SECOND, message=w.approved(_gap(w), STEWARD))


@row("FF609", "by a key that is counted already", two=True)
def twice_by_one(w):
    return w.made(_gap(w), message=w.approved(_gap(w), STEWARD))


@row(two=True)
def by_one_and_the_authoritys_word_for_the_other(w):
    other = w.signed.certificate(SECOND, serial=8)
    return w.made(_gap(w), message=w.approved(_gap(w), other))


@row("FF609", "is by the word of an authority that is counted already", two=True)
def by_two_whom_one_authority_certifies(w):
    """Whoever has its key can be both."""
    one = w.signed.certificate(STEWARD, serial=9)
    other = w.signed.certificate(SECOND, key="other-ca", serial=10)
    return w.made(_gap(w), by=one, message=w.approved(_gap(w), other))


@row("FF608", two=True)
def by_two_whom_no_steward_hands_in(w):
    return w.made(_gap(w), by=ME, message=w.approved(_gap(w), SECOND))


@row("FF609", "is by no steward", two=True)
def by_one_and_one_who_is_none(w):
    return w.made(_gap(w), message=w.approved(_gap(w), ME))


@row("FF609", "is for another act", two=True)
def by_one_and_an_approval_of_another_change(w):
    agreed = {POLICY: w.with_policy("ids: {max_gap: 8}")}
    return w.made(_gap(w), message=w.approved(agreed, SECOND))


@row("FF609", "which is over", two=True)
def by_one_and_an_approval_that_has_ended(w):
    return w.made(_gap(w), message=w.approved(_gap(w), SECOND, hours=-1))


@row("FF609", two=True)
def an_approval_that_is_not_in_the_last_paragraph(w):
    message = w.approved(_gap(w), SECOND)
    return w.made(_gap(w), message=f"{message}\n\nand more words")


@row("FF609", two=True)
def a_removal_by_two_and_then_a_change_by_the_one_who_is_left(w):
    """Two would have to sign for what comes with it, by the rules before the push."""
    fewer = {POLICY: w.with_policy(f"stewards: [{STEWARD}]", "stewards_sign: 1")}
    one = w.made(fewer, message=w.approved(fewer, SECOND))
    return w.made({SIGNERS: w.signed.signers("# more")}, one)


@row("FF608", two=True)
def by_two_of_whom_one_was_removed_in_the_same_push(w):
    """The second commit is no steward's any more by the rules that it lands on."""
    fewer = {POLICY: w.with_policy(f"stewards: [{STEWARD}]", "stewards_sign: 1")}
    one = w.made(fewer, message=w.approved(fewer, SECOND))
    files = {SIGNERS: w.signed.signers("# more")}
    agreed = w.approved(files, STEWARD, after=fewer)
    return w.made(files, one, by=SECOND, message=agreed)


@row("FF610", two=True)
def a_steward_taken_out_while_two_sign(w):
    files = {
        SIGNERS: w.signed.signers().replace(w.line(SECOND, f"{SECOND},{SECOND}/*"), "")
    }
    files = {SIGNERS: files[SIGNERS].replace("* cert-authority", "X cert-authority")}
    return w.made(files, message=w.approved(files, SECOND))


@row("FF403", two=True)
def a_policy_that_names_one_while_two_sign(w):
    files = {POLICY: w.with_policy(f"stewards: [{STEWARD}]")}
    return w.made(files, message=w.approved(files, SECOND))


@row("FF610", two=True)
def two_stewards_with_one_key(w):
    ca = f"{ME} {w.signed.key('ca').public}"
    files = {SIGNERS: f"{STEWARD},{SECOND} {w.signed.key(STEWARD).public}\n{ca}\n"}
    return w.made(files, message=w.approved(files, SECOND))


# Into which nobody comes back.


@row("FF610")
def signers_emptied(w):
    return w.made({SIGNERS: ""})


@row("FF610")
def signers_taken_away(w):
    return w.made({SIGNERS: None})


@row("FF610")
def the_stewards_key_taken_out(w):
    return w.made({SIGNERS: f"{w.line(ME, ME)}\n"})


@row("FF610")
def no_stewards(w):
    return w.made({POLICY: w.with_policy("stewards: []")})


@row("FF610")
def the_last_stewards_key_and_the_authority_revoked(w):
    keys = (w.signed.key(STEWARD), w.signed.key("ca"))
    return w.made({REVOKED: revoking(w.signed.keys, *keys)})


@row("FF616")
def garbage_for_revoked_keys(w):
    return w.made({REVOKED: "nonsense\n"})


@row("FF616")
def a_revocation_list_of_garbage(w):
    return w.made({REVOKED: b"SSHKRL\n\0nonsense"})


@row("FF616", "no kind of key")
def a_line_of_signers_that_nobody_reads(w):
    return w.made({SIGNERS: w.signed.signers("CAMBER-06 nonsense")})


@row("FF006 FF403")
def a_policy_that_nobody_reads(w):
    return w.made({POLICY: "lanes: {\n"})


@row()
def signing_is_given_up_by_the_steward(w):
    return w.made({POLICY: w.with_policy("identity: {mode: none}")})


@row("FF608")
def signing_is_given_up_by_no_steward(w):
    return w.made({POLICY: w.with_policy("identity: {mode: none}")}, by=ME)


@row("FF608")
def the_policy_is_taken_away_by_no_steward(w):
    return w.made({POLICY: None}, by=ME)


# By merges, and in company.


def _old_rules(w):
    """The policy of the beginning, in which nobody is asked."""
    return {POLICY: w.shop.fleet.server.holds(POLICY, w.first)}


@row("FF602")
def the_old_policy_by_a_merge_that_nobody_signed(w):
    return w.made(_old_rules(w), w.tip, w.first, by="")


@row("FF608")
def the_old_policy_by_a_merge_of_no_steward(w):
    return w.made(_old_rules(w), w.tip, w.first, by=ME)


@row("FF608")
def a_policy_in_a_merge_that_is_neither_sides(w):
    return w.made({POLICY: w.with_policy("ids: {max_gap: 7}")}, w.tip, w.first, by=ME)


@row("FF602")
def a_side_with_the_stewards_own_change_that_nobody_merged(w):
    side = w.made({POLICY: w.with_policy("ids: {max_gap: 7}")})
    other = w.made({"README": "x"}, by="")
    return w.made({}, other, side, base=side, by="")


@row()
def a_side_with_the_stewards_own_change_that_the_steward_merged(w):
    side = w.made({POLICY: w.with_policy("ids: {max_gap: 7}")})
    other = w.made({"README": "x"}, by="")
    return w.made({}, other, side, base=side)


@row("FF617")
def a_merge_whose_first_parent_is_not_the_feed(w):
    return w.made({}, w.first, w.tip, base=w.tip, by="")


@row("FF617")
def a_merge_by_the_steward_whose_first_parent_is_not_the_feed(w):
    return w.made(_gap(w), w.first, w.tip, base=w.tip)


@row("FF404")
def rules_with_posts_in_one_push(w):
    rules = w.made(_gap(w))
    files = {path("CMB-0001"): post(item="CMB-0001", seat=ME)}
    return w.made(files, rules, by=ME)


@row("FF404")
def posts_with_rules_in_one_push(w):
    files = {path("CMB-0001"): post(item="CMB-0001", seat=ME)}
    return w.made(_gap(w), w.made(files, by=ME))


@row()
def two_changes_in_one_push(w):
    signers = {SIGNERS: w.signed.signers(w.line("stranger", ME))}
    return w.made(signers, w.made(_gap(w)))


@row("FF608")
def two_changes_of_which_the_first_makes_a_steward(w):
    both = {POLICY: w.with_policy(f"stewards: [{STEWARD}, {ME}]")}
    return w.made({SIGNERS: w.signed.signers("# x")}, w.made(both), by=ME)


@row("FF603")
def two_changes_of_which_the_first_adds_the_key_of_the_second(w):
    one = w.made({SIGNERS: w.signed.signers(w.line("stranger"))})
    return w.made(_gap(w), one, by="stranger")


@row("FF608")
def two_changes_of_no_steward_that_leave_all_as_it_was(w):
    """It would be in the history, though nothing differs at the end."""
    back = {POLICY: w.policy}
    return w.made(back, w.made(_old_rules(w), by=ME), by=ME)


@row("FF615")
def a_change_that_is_dated_ahead(w):
    return w.made(_gap(w), at=time.time() + 3600)


# What was there already, and cannot be read.


def broken(world: World, files) -> World:
    """The fleet after somebody put `files` there past the hook."""
    return replace(world, tip=world.shop.land(world.made(files, by="")))


@pytest.fixture
def world(signed) -> World:
    return World.of(signed)


def codes(world: World, commit: str) -> set[str]:
    return judge(world, commit)[0]


UNREADABLE = {
    "policy": {POLICY: "lanes: {\n"},
    "ref": {POLICY: "ref: refs/heads/other\n"},
    "signers": {SIGNERS: "nonsense\n"},
    "revoked": {REVOKED: "nonsense\n"},
    # Whole as far as we read it; only ssh-keygen can tell.
    "krl": {REVOKED: b"SSHKRL\n\0" + b"\xff" * 28 + b"\0" * 8},
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_rules_that_nobody_reads_are_mended_by_stewards_alone(what, world):
    """A stranger must not do it by a merge, either: of what nobody changed before."""
    files = UNREADABLE[what]
    good = {name: world.shop.holds(name) or None for name in files}
    if what == "ref":
        files = {
            POLICY: world.policy.replace("ref: refs/heads/main", "ref: refs/heads/x")
        }
    now = broken(world, files)
    assert codes(now, now.made(good)) == set()
    assert codes(now, now.made(good, by=ME)) == {"FF608"}
    assert codes(now, now.made(good, by="")) == {"FF602"}
    assert codes(now, now.made(good, by="stranger")) == {"FF603"}
    if good == {POLICY: world.policy}:
        again = now.made(_old_rules(world), now.tip, world.first, by="")
        assert codes(now, again) == {"FF602"}
    one = {path("CMB-0001"): post(item="CMB-0001", seat=ME)}
    assert codes(now, now.made(one, by=ME)) & {"FF403", "cannot tell", "FF616"}


def test_what_mends_is_judged_by_the_rules_as_they_were_last(world):
    """Not by those of the last change of the very file that is broken."""
    without = world.signed.signers().replace(
        world.line(SECOND, f"{SECOND},{SECOND}/*"), ""
    )
    policy = world.with_policy(f"stewards: [{STEWARD}, {SECOND}]")
    now = replace(world, tip=world.shop.land(world.made({POLICY: policy})))
    now = replace(world, tip=world.shop.land(now.made({SIGNERS: without})))
    now = broken(now, {POLICY: "lanes: {\n"})
    assert codes(now, now.made({POLICY: policy}, by=SECOND)) == {"FF603"}
    assert codes(now, now.made({POLICY: policy})) == set()


# The beginning, and other modes.


@pytest.fixture(scope="module")
def trusting(signed_template, tmp_path_factory) -> World:
    """A fleet that asks nobody, though it has had signers."""
    folder = tmp_path_factory.mktemp("trusting") / "fleet"
    now = World.of(signed_template.copy(folder))
    none = now.with_policy("identity: {mode: none}", "stewards: [FLEET-01]")
    return replace(now, tip=now.shop.land(now.made({POLICY: none, SIGNERS: None})))


SIGN, ASK = "identity: {mode: signed}", "identity: {mode: pusher}"
FLEET = "logins: {fleet: [FLEET-01], bob: [CAMBER-07]}"


@pytest.mark.parametrize(
    ("lines", "more", "wanted"),
    [
        ((SIGN,), ("signers",), ""),
        ((SIGN,), (), "FF610"),
        ((SIGN, "stewards: []"), ("signers",), "FF610"),
        ((SIGN,), ("signers", "nonsense"), "FF616"),
        ((SIGN,), ("signers", "revoked"), "FF610"),
        ((SIGN, "stewards: [NOBODY]"), ("steward",), "FF610"),
        ((ASK, FLEET), (), ""),
        ((ASK,), (), "FF610"),
        ((ASK, "logins: {bob: [CAMBER-07]}"), (), "FF610"),
        ((ASK, FLEET, "stewards: []"), (), "FF610"),
        (("stewards: [CAMBER-07]",), (), ""),
    ],
)
def test_from_none_anybody_goes_on_to_rules_that_lock_nobody_out(
    lines, more, wanted, trusting
):
    keys = [trusting.signed.key(name).public for name in (STEWARD, "ca")]
    files = {POLICY: trusting.with_policy(*lines)}
    texts = {
        "signers": (SIGNERS, trusting.signed.signers()),
        "steward": (SIGNERS, f"{STEWARD} {keys[0]}\n"),
        "nonsense": (REVOKED, "nonsense\n"),
        "revoked": (REVOKED, "".join(f"{key}\n" for key in keys)),
    }
    files |= dict(texts[name] for name in more)
    assert codes(trusting, trusting.made(files, by="")) == set(wanted.split())


def test_who_pushes_changes_the_rules_as_a_steward(pushers):
    shop = Workshop.of(pushers, "WORKSHOP")
    policy = shop.holds(POLICY)
    none = policy.replace("mode: pusher", "mode: none")
    out = policy.replace("fleet: [FLEET-01]", "fleet: [FLEET-02]")
    old = shop.fleet.server.line("rev-list", "--max-parents=0", "refs/heads/main")
    made = shop.builder.commit
    changes = {
        "none": made({POLICY: none}, shop.tip),
        "pointer": made({POINTER: HERE}, shop.tip),
        "old": made({POLICY: shop.fleet.server.holds(POLICY, old)}, shop.tip, old),
    }
    for change, commit in changes.items():
        for login, wanted in (
            ("fleet", set()),
            ("alice", {"FF608"}),
            ("mallory", {"FF607"}),
            ("", {"FF607"}),
        ):
            found = {f.code for f in shop.judged(commit, login).findings}
            assert found == wanted, (change, login)
    locked = shop.judged(made({POLICY: out}, shop.tip), "fleet")
    assert {f.code for f in locked.findings} == {"FF610"}
    broken_ = shop.land(made({POLICY: "lanes: {\n"}, shop.tip))
    for text in (policy, none):
        mended = made({POLICY: text}, broken_)
        for login, wanted in (("fleet", set()), ("alice", {"FF608"})):
            found = shop.judged(mended, login).findings
            assert {f.code for f in found} == wanted, login


def test_the_first_policy_is_judged_by_itself(fleet_template, signed, tmp_path):
    """Who begins a signed fleet signs what begins it."""
    shop = Workshop.of(fleet_template.copy(tmp_path / "new"))
    (shop.fleet.server.folder / "refs/heads/main").unlink()
    policy = signed_policy(signed.fleet.server.holds(POLICY, "refs/heads/main"))
    for signers, by, codes_ in [
        (signed.signers(), STEWARD, set()),
        (signed.signers(), ME, {"FF608"}),
        ("", STEWARD, {"FF603", "FF610"}),
    ]:
        files = {POLICY: policy, SIGNERS: signers}
        commit = shop.builder.commit(files, key=signed.key(by))
        assert {f.code for f in shop.judged(commit).findings} == codes_


@pytest.mark.parametrize("what", ["signers", "policy"])
def test_life_goes_on_after_what_somebody_put_there_past_the_hook(what, signed):
    """By plain git, its hooks and all: the steward mends it, and seats post again."""
    now = broken(World.of(signed), UNREADABLE[what])
    good = {SIGNERS: signed.signers(), POLICY: signed_policy(_old_rules(now)[POLICY])}
    steward, me = signed.seat(STEWARD), signed.seat(ME)
    for seat in (steward, me):
        seat.git("pull", "-q", "--ff-only")
    stopped = me.fleetfeed("reserve", "CMB", "--subject", "work", ok=False)
    assert stopped.refusals <= {"FF616", "FF403"}
    assert "mend it in a c" in stopped.said, stopped
    assert me.fleetfeed("check", ok=False).refusals <= {"FF616", "FF610", "FF403"}
    for name in UNREADABLE[what]:
        steward.write(name, good[name])
    steward.commit("mend it")
    steward.push()
    me.fleetfeed("reserve", "CMB", "--subject", "work")
    told = steward.fleetfeed("verify", ok=False)
    assert told.refusals == {"FF602"}, "the keeper signed nothing"
