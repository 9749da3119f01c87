"""A history proven: what was planted is found, and what a server lets through passes."""

import random
import re
import time
from dataclasses import replace

import pytest
from checks.gen_signed import (
    CA,
    EIGHT,
    FIRST,
    KEYS,
    OTHER_CA,
    SEVEN,
    SIX,
    STEWARDS,
    Feed,
    Line,
    approved,
    certificate,
    disallowed,
    pushed,
)
from conftest import STRESS
from harness import path, post
from harness.ed25519 import Signer
from harness.raw_history import RawHistory

from fleetfeed.checks import signed_by as signed_by_module
from fleetfeed.checks import verify
from fleetfeed.checks.audit import judge_audit
from fleetfeed.checks.push import judge_push, judge_range
from fleetfeed.checks.signed_by import signed_by
from fleetfeed.checks.verify import prove
from fleetfeed.feed.seal_format import seal
from fleetfeed.git.process import Git
from fleetfeed.model.approval import reopen_act
from fleetfeed.repo.repository import Repo

# Later Pythons warn of a fork beside the threads of pytest-xdist.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

ONE = KEYS["FLEET-01"]
DAYS = 86_400


def silent(what, done, total):
    assert 0 <= done <= total


def begun(folder, seed, ago=30 * DAYS):
    rng = random.Random(seed)  # noqa: S311 - no secret
    return Feed.begun(RawHistory.begun(folder), rng, int(time.time()) - ago)


def opened(feed):
    feed.raw.store(main=feed.tip)
    return Repo(Git(feed.raw.folder))


def foreign_key(feed):
    return feed.grow(feed.filed(SIX), KEYS["stranger"]), "FF603"


def unsigned(feed):
    return feed.grow(feed.filed(SIX), None), "FF602"


def moved_signature(feed):
    other = feed.grow(feed.filed(SIX), KEYS[SIX])
    return feed.grow(feed.filed(SIX), feed.raw.signature(other)), "FF606"


def wrong_namespace(feed):
    by = Signer(SIX).sign(b"x", "fleetfeed")
    return feed.grow(feed.filed(SIX), by), "FF606"


def empty_signature(feed):
    return feed.grow(feed.filed(SIX), b"\n"), "FF606"


def revoked(feed):
    feed.ruled(replace(feed.rules, revoked=frozenset({SIX})))
    bad = feed.grow(feed.filed(SIX), KEYS[SIX])
    feed.ruled(replace(feed.rules, revoked=frozenset()))
    return bad, "FF605"


def gained_later(feed):
    new = Signer("new")
    bad = feed.grow(feed.filed("CAMBER-09"), new)
    feed.ruled(
        replace(feed.rules, lines=(*feed.rules.lines, Line(("CAMBER-09",), new)))
    )
    return bad, "FF603"


def expired(feed):
    brief = certificate(CA, "CAMBER-09", until=feed.now + 100, key="brief")
    feed.grow(feed.filed("CAMBER-09"), brief)
    feed.now += 1000
    return feed.grow(feed.filed("CAMBER-09"), brief), "FF604"


def back_dated(feed):
    brief, when = (
        certificate(CA, "CAMBER-09", until=feed.now + 100, key="brief"),
        feed.now,
    )
    feed.now += 1000
    feed.grow(feed.filed(SIX), KEYS[SIX])
    return feed.grow(feed.filed("CAMBER-09"), brief, dated=when), "FF604"


def back_dated_side(feed):
    """A branch from before, which was merged when its certificate had expired."""
    brief, base = (
        certificate(CA, "CAMBER-09", until=feed.now + 100, key="brief"),
        feed.tip,
    )
    side = feed.commit((base,), feed.filed("CAMBER-09"), brief)
    feed.now += 1000
    feed.grow(feed.filed(SIX), KEYS[SIX])
    files = {**feed.files, **feed.raw.files[side]}
    feed.tip = feed.commit((feed.tip, side), {}, KEYS[SIX], files=files)
    return side, "FF604"


def expired_line(feed):
    old = Signer("old")
    day = time.strftime("%Y%m%d", time.gmtime(feed.now - 3 * DAYS))
    line = Line(("CAMBER-09",), old, until=day)
    feed.ruled(replace(feed.rules, lines=(*feed.rules.lines, line)))
    return feed.grow(feed.filed("CAMBER-09"), old), "FF604"


def another_authority(feed):
    return feed.grow(feed.filed(SIX), certificate(OTHER_CA, SIX)), "FF603"


def not_of_its_authority(feed):
    """An authority for CAMBER-* certifies a steward."""
    return feed.grow(feed.filed("FLEET-02"), certificate(CA, "FLEET-02")), "FF603"


def wrong_seat(feed):
    return feed.grow(feed.filed(SEVEN), KEYS[SIX]), "FF601"


def parent_by_its_sub_seat(feed):
    by = certificate(CA, f"{SEVEN}", key="sub")
    return feed.grow(feed.filed(f"{SEVEN}/a"), by), "FF601"


def rules_by_no_steward(feed):
    rules = replace(feed.rules, lines=(*feed.rules.lines, Line(("*",), Signer("mine"))))
    return feed.grow(rules.files, KEYS[SIX]), "FF608"


def rules_unsigned(feed):
    rules = replace(feed.rules, stewards=(*STEWARDS, SIX))
    return feed.grow(rules.files, None), "FF602"


def one_of_two(feed):
    feed.ruled(replace(feed.rules, sign=2))
    bad = feed.grow(replace(feed.rules, revoked=frozenset({SEVEN})).files, ONE)
    return bad, "FF609"


def approved_another_act(feed):
    feed.ruled(replace(feed.rules, sign=2))
    agreed = replace(feed.rules, revoked=frozenset({SEVEN}))
    line = feed.approval(agreed, KEYS["FLEET-02"])
    done = replace(feed.rules, revoked=frozenset({SEVEN, EIGHT}))
    return feed.grow(done.files, ONE, message=f"x\n\n{line}"), "FF609"


def approved_by_no_steward(feed):
    feed.ruled(replace(feed.rules, sign=2))
    new = replace(feed.rules, revoked=frozenset({SEVEN}))
    line = feed.approval(new, KEYS[SIX])
    return feed.grow(new.files, ONE, message=f"x\n\n{line}"), "FF609"


def approved_by_oneself(feed):
    feed.ruled(replace(feed.rules, sign=2))
    new = replace(feed.rules, revoked=frozenset({SEVEN}))
    line = feed.approval(new, ONE)
    return feed.grow(new.files, ONE, message=f"x\n\n{line}"), "FF609"


def post_put_in_by_a_merge(feed):
    side = feed.commit((feed.tip,), feed.filed(SIX), KEYS[SIX])
    feed.grow(feed.filed(SIX), KEYS[SIX])
    put = {**feed.raw.files[side], **feed.filed(SEVEN)}
    feed.tip = feed.commit((feed.tip, side), put, KEYS[SIX])
    return feed.tip, "FF601"


def foreign_side(feed):
    return feed.merged(feed.filed(SIX), KEYS["stranger"]), "FF603"


def rolled_back_by_a_merge(feed):
    """The side has the rules of before; the merge takes them over."""
    old = feed.rules
    side = feed.commit((feed.tip,), feed.filed(SIX), KEYS[SIX])
    feed.ruled(replace(feed.rules, revoked=frozenset({SEVEN})))
    put = {**feed.raw.files[side], **old.files}
    feed.tip = feed.commit((feed.tip, side), put, KEYS[SIX])
    return feed.tip, ("FF608", "FF404")


def foxtrot(feed):
    """A line of one's own, from before a change of the rules, which it merges."""
    base = feed.tip
    feed.ruled(replace(feed.rules, revoked=frozenset({SEVEN})))
    ruled = feed.tip
    mine = feed.commit((base,), feed.filed(SEVEN), KEYS[SEVEN])
    put = feed.raw.files[ruled]
    feed.tip = bad = feed.commit((mine, ruled), put, KEYS[SEVEN])
    feed.tip = feed.commit((feed.tip,), feed.filed(SIX), KEYS[SIX])
    return bad, ("FF608", "FF404")


def replaced_by_a_merge(feed):
    """The merged side has another post in the place of one that had landed."""
    base = feed.tip
    (where,) = mine = feed.filed(SEVEN)
    feed.grow(mine, KEYS[SEVEN])
    text = post(item=where.split("/")[-2], seat=SIX, subject="another")
    side = feed.commit((base,), {where: text}, KEYS[SIX])
    feed.tip = feed.commit((feed.tip, side), {where: text}, None)
    return feed.tip, "FF409"


def commits_of_another_feed(feed):
    """A side that begins by itself, and has the rules of the line when it is merged."""
    files = {**feed.rules.files, **feed.filed("FLEET-01")}
    side = feed.commit((), files, ONE)
    feed.grow(feed.filed(SIX), KEYS[SIX])
    feed.tip = feed.commit((feed.tip, side), {**files, **feed.files}, ONE)
    return side, ("FF617", "FF404")


def dropped_by_a_merge(feed):
    base = feed.tip
    feed.grow(feed.filed(SEVEN), KEYS[SEVEN])
    side = feed.commit((base,), feed.filed(SIX), KEYS[SIX])
    feed.tip = feed.commit((feed.tip, side), {}, None, files=feed.raw.files[side])
    return feed.tip, "FF409"


def rules_beside_posts(feed):
    rules = replace(feed.rules, revoked=frozenset({SEVEN}))
    return feed.grow({**rules.files, **feed.filed("FLEET-01")}, ONE), "FF404"


def unlawful_step(feed):
    """Somebody ends what another has."""
    feed.grow(feed.claimed(SIX), KEYS[SIX])
    return feed.grow(feed.done(-1, seat=SEVEN), KEYS[SEVEN]), "FF301"


def steward_without_a_reason(feed):
    feed.grow(feed.claimed(SIX), KEYS[SIX])
    return feed.grow(feed.done(-1, seat="FLEET-02"), KEYS["FLEET-02"]), "FF302"


def reopened_alone(feed):
    """What a steward reopens wants another steward to agree."""
    return _reopened(feed, KEYS[SIX]), "FF613"


def claimed_in_a_lane_of_others(feed):
    more = 'lanes: {CAMBER: {seats: ["FLEET-*"]}}\n'
    feed.ruled(replace(feed.rules, more=more))
    bad = feed.grow(feed.claimed(SEVEN), KEYS[SEVEN])
    feed.held.pop()
    feed.ruled(replace(feed.rules, more=""))
    return bad, "FF611"


def _reopened(feed, approving):
    feed.ruled(replace(feed.rules, sign=2, more="agreed: [reopen]\n"))
    feed.grow(feed.claimed(SIX), KEYS[SIX])
    (where,) = done = feed.done(-1)
    feed.grow(done, KEYS[SIX])
    item = where.split("/")[-2]
    line = approved(reopen_act(item, 1, 2, "FLEET-02"), approving)
    again = {"state": "IN_PROGRESS", "seat": "FLEET-02", "reason": "x", "epoch": 2}
    put = {path(item, 3): post(item=item, subject=None, **again)}
    return feed.grow(put, KEYS["FLEET-02"], message=f"x\n\n{line}")


def emptied_signers(feed):
    """At the end of a history nobody could change the rules again."""
    return feed.ruled(replace(feed.rules, lines=FIRST.lines[:1])), "FF610"


PLANTS = [
    foreign_key, unsigned, moved_signature, wrong_namespace, empty_signature, revoked,
    gained_later, expired, back_dated, back_dated_side, expired_line, another_authority,
    not_of_its_authority, wrong_seat, parent_by_its_sub_seat, rules_by_no_steward,
    rules_unsigned, one_of_two, approved_another_act, approved_by_no_steward,
    approved_by_oneself, post_put_in_by_a_merge, foreign_side, rolled_back_by_a_merge,
    foxtrot, replaced_by_a_merge, dropped_by_a_merge,
    commits_of_another_feed, rules_beside_posts, unlawful_step, steward_without_a_reason,
    reopened_alone, claimed_in_a_lane_of_others, emptied_signers,
]  # fmt: skip
TIMES = 36 if STRESS else 1
_OF_THE_END = (emptied_signers,)


@pytest.mark.parametrize("seed", range(TIMES))
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_found_and_nothing_else(tmp_path, plant, seed):
    feed = begun(tmp_path, f"{plant.__name__} {seed}")
    feed.lawful(feed.rng.randrange(5 if STRESS else 3))
    trusted = feed.tip
    bad, codes = plant(feed)
    if plant not in _OF_THE_END:
        feed.lawful(feed.rng.randrange(3 if STRESS else 2))
    repo = opened(feed)
    found = prove(repo, feed.tip, silent)
    refusing = {f.code for f in found.findings if f.rejects}
    assert refusing, "it was not found"
    assert refusing <= ({codes} if isinstance(codes, str) else {*codes})
    named = {
        word
        for f in found.findings
        for word in re.findall("commit ([0-9a-f]{12})", f.message)
    }
    assert bad[:12] in named or plant in _OF_THE_END
    if STRESS or feed.rng.random() < 0.3:
        later = prove(repo, feed.tip, silent, since=trusted)
        assert later.findings == found.findings


@pytest.mark.parametrize("seed", range(20 if STRESS else 1))
def test_a_lawful_history_passes_by_one_process_and_by_several(tmp_path, seed):
    """By a server today, too, whose verdict on the whole of it is the same."""
    feed = begun(tmp_path, seed, ago=DAYS)
    feed.ruled(replace(feed.rules, sign=2))
    feed.lawful(10)
    feed.tip = feed.commit((feed.tip,), {}, None)
    _reopened(feed, ONE)
    feed.lawful(5)
    repo = opened(feed)
    found = prove(repo, feed.tip, silent)
    assert (found.findings, found.commits, found.untold) == ((), found.asked, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "_PART", 4)
        assert prove(repo, feed.tip, silent, workers=2) == found
    assert not judge_audit(repo, feed.tip, silent).findings


def test_what_has_expired_since_was_good(tmp_path):
    feed = begun(tmp_path, 1)
    brief = certificate(CA, "CAMBER-09", until=feed.now + 200, key="brief")
    feed.grow(feed.filed("CAMBER-09"), brief)
    landed = feed.grow(feed.filed("CAMBER-09"), brief)
    feed.now += 5 * DAYS
    feed.grow(feed.filed(SIX), KEYS[SIX])
    feed.ruled(replace(feed.rules, revoked=frozenset({"brief"})))
    feed.lawful(3)
    repo = opened(feed)
    assert prove(repo, feed.tip, silent).findings == ()
    # A server of today would have none of it.
    (parent,) = repo.between(None, landed).decode().splitlines()[-1].split()[1:]
    codes = {f.code for f in judge_push(repo, parent, landed).findings}
    assert codes == {"FF604"}
    assert judge_range(repo, parent, landed) == judge_push(repo, parent, landed)


def test_a_clock_that_is_ahead_within_what_a_server_lets_through(tmp_path):
    """The commit is dated after its certificate's end, by less than five minutes."""
    feed = begun(tmp_path, 1)
    brief = certificate(CA, "CAMBER-09", until=feed.now + 100, key="brief")
    feed.grow(feed.filed("CAMBER-09"), brief, dated=feed.now + 350)
    feed.now += 350
    assert prove(opened(feed), feed.tip, silent).findings == ()


def test_who_loses_a_race_and_merges_brings_nothing_of_another(tmp_path):
    """Two write one post; the second merges, and keeps what had landed."""
    feed = begun(tmp_path, 1)
    feed.grow(feed.claimed(SIX), KEYS[SIX])
    base = feed.tip
    mine = feed.done()
    (where,) = mine
    text = post(
        item="CMB-0001", seat="FLEET-01", state="PARKED", reason="x", subject=None
    )
    side = feed.commit((base,), {where: text}, ONE)
    feed.grow(mine, KEYS[SIX])
    landed = feed.tip
    same = feed.commit((base,), mine, ONE)  # a copy of another's commit
    put = feed.raw.files[feed.tip]
    feed.tip = feed.commit((landed, side), put, None)
    feed.tip = feed.commit((feed.tip, same), put, None)
    repo = opened(feed)
    assert not judge_push(repo, landed, feed.tip).refused
    assert prove(repo, feed.tip, silent).findings == ()


def test_unsigned_work_that_a_merge_leaves_out_is_refused_by_the_server_too(tmp_path):
    feed = begun(tmp_path, 1)
    base = feed.tip
    side = feed.commit((base,), feed.filed(SIX), None)
    feed.grow(feed.filed(SIX), KEYS[SIX])
    landed = feed.tip
    feed.tip = feed.commit((landed, side), {}, KEYS[SIX])
    repo = opened(feed)
    assert {f.code for f in judge_push(repo, landed, feed.tip).findings} == {"FF602"}
    assert {f.code for f in prove(repo, feed.tip, silent).findings} == {"FF602"}


def test_from_a_commit_that_is_not_of_this_history(tmp_path):
    feed = begun(tmp_path, 1)
    side = feed.commit((feed.tip,), feed.filed(SIX), KEYS[SIX])
    other = feed.commit((feed.tip,), feed.filed(SIX), KEYS[SIX])
    feed.grow(feed.filed(SIX), KEYS[SIX])
    feed.tip = feed.commit((feed.tip, side), feed.raw.files[side], KEYS[SIX])
    repo = opened(feed)
    for since, code in ((other, "FF405"), (side, "FF617")):
        assert [f.code for f in prove(repo, feed.tip, silent, since).findings] == [code]
    assert prove(repo, feed.tip, silent, feed.tip).findings == ()


def test_a_sealed_shard_is_proven_by_the_commits_that_brought_its_posts(tmp_path):
    feed = begun(tmp_path, 1)
    for _ in range(3):
        feed.grow(feed.claimed(SIX), KEYS[SIX])
        feed.grow(feed.done(), KEYS[SIX])
    bad = {**feed.filed(SEVEN)}
    posts = {p: t for p, t in feed.files.items() if p.startswith("feed/CMB/000/")}
    below = {p.removeprefix("feed/CMB/000/"): t.encode() for p, t in posts.items()}
    kept = {p: t for p, t in feed.files.items() if p not in posts}
    sealed = {**kept, "feed/CMB/000.sealed": seal(below).decode("latin-1")}
    unsealed, honest = feed.tip, feed
    honest.tip = feed.commit((unsealed,), {}, KEYS[SEVEN], files=sealed)
    repo = opened(honest)
    assert not judge_push(repo, unsealed, honest.tip).refused
    assert prove(repo, honest.tip, silent).findings == ()
    forged = feed.commit((unsealed,), bad, KEYS[SIX])
    feed.tip = feed.commit((forged,), {}, KEYS[SIX], files={**sealed, **bad})
    assert {f.code for f in prove(opened(feed), feed.tip, silent).findings} == {"FF601"}


@pytest.mark.parametrize("seed", range(150 if STRESS else 2))
def test_who_wrote_what_was_let_through_was_allowed_to_and_it_passes(tmp_path, seed):
    """Pushes of all kinds; what the server takes is held against a plain reading."""
    feed = begun(tmp_path, seed, ago=DAYS)
    feed.landed = [feed.tip]
    taken = 0
    for _ in range(25 if STRESS else 15):
        old, held = feed.tip, list(feed.held)
        new = pushed(feed)
        feed.raw.store()
        repo = Repo(Git(feed.raw.folder))
        if not judge_push(repo, old, new).refused:
            assert disallowed(feed, old, new) == []
            feed.tip, taken = new, taken + 1
            feed.landed.append(new)
        else:
            feed.held = held
    assert taken
    repo = opened(feed)
    found = prove(repo, feed.tip, silent)
    assert [f for f in found.findings if f.rejects] == []
    since = feed.rng.choice(feed.landed)
    assert [f for f in prove(repo, feed.tip, silent, since).findings if f.rejects] == []


def test_who_signed_is_told_by_the_rules_of_its_day(tmp_path):
    feed = begun(tmp_path, 1)
    brief = certificate(CA, "CAMBER-09", until=feed.now + 300, key="brief")
    six, unsigned_, cert = (
        feed.grow(feed.filed(SIX), KEYS[SIX]),
        feed.grow(feed.filed(SIX), None),
        feed.grow(feed.filed("CAMBER-09"), brief),
    )
    feed.ruled(replace(feed.rules, revoked=frozenset({SIX})))
    gone = feed.grow(feed.filed(SIX), KEYS[SIX])
    side = feed.merged(feed.filed(SEVEN), KEYS[SEVEN])
    repo = opened(feed)
    asked = (six, unsigned_, cert, gone, side)
    found = signed_by(repo, feed.tip, asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signed_by_module, "_NEAR", 2)
        assert signed_by(repo, feed.tip, asked) == found
        assert signed_by(repo, feed.tip, (side,))[side] == found[side]
    # As in a shallow clone, whose first commit has all that came before it.
    (feed.raw.folder / "shallow").write_text(f"{gone}\n")
    there = signed_by(Repo(Git(feed.raw.folder)), feed.tip, asked)
    assert there == {side: found[side]}
    words = [re.sub(r"SHA256:\S{43}", "…", found[one]) for one in asked]
    assert words == [
        "signed by key … (CAMBER-06)",
        "unsigned",
        "signed by certificate 1 of CAMBER-09 (…)",
        "signed by key … (CAMBER-06), which is revoked (FF605)",
        "signed by key … (CAMBER-07)",
    ]
