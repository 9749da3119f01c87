"""Histories as a queue makes them: what was built on earlier tips lands in one line.

A merge of parents (tip, what was pushed) is made by the server, signs nothing and is
dated when it lands: first parents are the order, second parents have author and
signature. What is built on the tip itself lands as it is.
"""

import random
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from checks.gen_signed import (
    CA,
    EIGHT,
    KEYS,
    SESSION,
    SEVEN,
    SIX,
    Feed,
    certificate,
    note,
)
from conftest import STRESS
from harness import claim, path, post
from harness.raw_history import RawHistory

from fleetfeed.checks.audit import judge_audit
from fleetfeed.checks.push import judge_push, judge_range
from fleetfeed.checks.signed_by import signed_by
from fleetfeed.checks.verify import prove
from fleetfeed.git.process import Git
from fleetfeed.model.identity import Speaker
from fleetfeed.repo.log import entries
from fleetfeed.repo.repository import Repo

# Later Pythons warn of a fork beside the threads of pytest-xdist.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

DAYS = 86_400
MODES = ("none", "pusher", "signed")


def silent(what, done, total):
    assert 0 <= done <= total


def begun(folder, seed=1, ago=DAYS):
    rng = random.Random(seed)  # noqa: S311 - no secret
    return Feed.begun(RawHistory.begun(folder), rng, int(time.time()) - ago)


def opened(feed):
    feed.raw.store(main=feed.tip)
    return Repo(Git(feed.raw.folder))


def by_login(policy):
    """Whoever pushes is known, and speaks for everybody."""
    return Speaker("login somebody", "somebody", ("*",))


def codes(verdict):
    return {found.code for found in verdict.findings if found.rejects}


def played(feed, count):
    """Tips of a history in which `count` seats' commits land, built on any of three."""
    tips = [feed.tip]
    for _ in range(count):
        seat, key = feed.rng.choice([(SIX, KEYS[SIX]), (EIGHT, SESSION)])
        kind = feed.rng.choice(["file", "claim", "done", "note"])
        bases = tips[-3:]
        if kind == "done" and feed.held:
            seat = feed.held[0][2]
            bases, key = tips[-1:], {SIX: KEYS[SIX], EIGHT: SESSION}[seat]
            put = feed.done()
        elif kind == "note":
            put = note(seat, feed.rng)
        else:
            put = feed.claimed(seat) if kind == "claim" else feed.filed(seat)
        ago = feed.rng.choice([None, None, feed.now - 4000])
        feed.queued(feed.rng.choice(bases), put, key, dated=ago)
        tips.append(feed.tip)
    return tips


@pytest.mark.parametrize("seed", range(30 if STRESS else 1))
@pytest.mark.parametrize("mode", MODES)
def test_what_a_queue_landed_is_lawful_for_who_proves_it(tmp_path, mode, seed):
    feed = begun(tmp_path, f"{mode} {seed}")
    if mode != "signed":
        logins = "logins: {somebody: [FLEET-01]}\n" if mode == "pusher" else ""
        feed.ruled(replace(feed.rules, mode=mode, more=logins))
    tips = played(feed, 40 if STRESS else 12)
    repo = opened(feed)
    assert any(len(feed.raw.parents[tip]) > 1 for tip in tips)
    for old, new in pairwise(tips):
        verdict = judge_push(repo, old, new, pushed_by=by_login)
        assert not codes(verdict), verdict
    proof = prove(repo, feed.tip, silent)
    assert not codes(proof)
    assert proof.untold == (0 if mode != "pusher" else proof.asked - 2)
    assert not judge_audit(repo, feed.tip, silent).findings
    for since in tips[:-1]:
        assert not prove(repo, feed.tip, silent, since).findings
        assert not codes(judge_range(repo, since, feed.tip))


def both(feed, old):
    """What is wrong with the newest push by the server, and offline: it is the same."""
    repo = opened(feed)
    said = codes(judge_push(repo, old, feed.tip)) - {"FF402"}  # FF409, by the ends
    assert codes(prove(repo, feed.tip, silent)) == said
    assert codes(prove(repo, feed.tip, silent, old)) == said
    return said


def test_it_is_judged_by_the_rules_that_it_lands_under(tmp_path):
    """Not by those that it was built on: a key may be gone by then, or be known."""
    feed = begun(tmp_path / "gone")
    base = feed.tip
    old = feed.ruled(replace(feed.rules, revoked=frozenset({SEVEN})))
    feed.queued(base, feed.filed(SIX), KEYS[SIX])
    assert both(feed, old) == set()
    old = feed.tip
    feed.queued(base, feed.filed(SEVEN), KEYS[SEVEN])
    assert both(feed, old) == {"FF605"}
    feed = begun(tmp_path / "come")
    feed.ruled(replace(feed.rules, revoked=frozenset({SEVEN})))
    base = feed.tip
    old = feed.ruled(replace(feed.rules, revoked=frozenset()))
    feed.queued(base, feed.filed(SEVEN), KEYS[SEVEN])
    assert both(feed, old) == set()


@pytest.mark.parametrize(
    ("by", "seat", "code"),
    [
        (None, SIX, "FF602"),
        (KEYS["stranger"], SIX, "FF603"),
        (KEYS[SIX], SEVEN, "FF601"),
    ],
)
def test_that_a_queue_merges_it_speaks_for_nobody(tmp_path, by, seat, code):
    feed = begun(tmp_path)
    base = feed.tip
    old = feed.grow(feed.filed(SIX), KEYS[SIX])
    feed.queued(base, feed.filed(seat), by)
    assert both(feed, old) == {code}


def brings_rules(feed, base, key):
    """They were changed on an earlier tip, by a steward."""
    rules = replace(feed.rules, revoked=frozenset({SEVEN}))
    feed.queued(base, rules.files, KEYS["FLEET-01"])


def takes_older_rules(feed, base, key):
    """The merge has the rules that the seat's commit was built on."""
    now = feed.tip
    side = feed.commit((base,), feed.filed(SIX), key)
    files = {**feed.files, **feed.raw.files[side]}
    feed.tip = feed.commit((now, side), {}, None, files=files)


def has_more_than_was_pushed(feed, base, key):
    side = feed.commit((base,), feed.filed(SIX), key)
    files = {**feed.files, **feed.raw.files[side], **feed.filed(SIX)}
    feed.tip = feed.commit((feed.tip, side), {}, None, files=files)


def drops_what_had_landed(feed, base, key):
    side = feed.commit((base,), feed.filed(SIX), key)
    rules = {p: t for p, t in feed.files.items() if "CMB" not in p}
    files = {**rules, **feed.raw.files[side], **rules}
    feed.tip = feed.commit((feed.tip, side), {}, None, files=files)


@pytest.mark.parametrize(
    ("forges", "code"),
    [
        (brings_rules, "FF602"),
        (takes_older_rules, "FF602"),
        (has_more_than_was_pushed, "FF602"),
        (drops_what_had_landed, "FF409"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_nobodys_merge_does_no_more_than_merge(tmp_path, forges, code):
    feed = begun(tmp_path)
    base = feed.tip
    feed.ruled(replace(feed.rules, more="surface: optional\n"))
    old = feed.grow(feed.filed(SIX), KEYS[SIX])
    forges(feed, base, KEYS[SIX])
    assert code in both(feed, old)


@pytest.mark.parametrize("ahead", [-20 * DAYS, 20 * DAYS])
def test_the_date_of_a_queues_merge_proves_nothing(tmp_path, ahead):
    """It was verified by nobody: a certificate is none the older by it."""
    feed = begun(tmp_path, ago=30 * DAYS)
    brief = certificate(CA, "CAMBER-09", until=feed.now + 500, key="brief")
    base = feed.tip
    feed.grow(feed.filed(SIX), KEYS[SIX])
    side = feed.commit((base,), feed.filed("CAMBER-09"), brief)
    put = {**feed.files, **feed.raw.files[side]}
    when = feed.now + ahead
    feed.tip = feed.commit((feed.tip, side), {}, None, files=put, dated=when)
    after = feed.queued(feed.tip, feed.filed("CAMBER-09"), brief)
    repo = opened(feed)
    assert not prove(repo, feed.tip, silent).findings
    told = signed_by(repo, feed.tip, (side, after))
    assert all(words.startswith("signed by certificate") for words in told.values())


def test_the_date_of_what_it_merged_does(tmp_path):
    """Behind it somebody lands what is dated before, by a certificate over since."""
    feed = begun(tmp_path, ago=30 * DAYS)
    brief, when = (
        certificate(CA, "CAMBER-09", until=feed.now + 100, key="brief"),
        feed.now,
    )
    base = feed.tip
    feed.grow(feed.filed(SIX), KEYS[SIX], dated=when)
    feed.queued(base, feed.filed(SIX), KEYS[SIX], dated=when + 1000)
    bad = feed.queued(base, feed.filed("CAMBER-09"), brief, dated=when)
    repo = opened(feed)
    assert codes(prove(repo, feed.tip, silent)) == {"FF604"}
    assert "FF604" in signed_by(repo, feed.tip, (bad,))[bad]


def test_after_the_fleet_has_ceased_to_sign_it_is_still_proven(tmp_path):
    feed = begun(tmp_path)
    base = feed.grow(feed.filed(SIX), KEYS[SIX])
    feed.queued(base, feed.filed(SEVEN), KEYS[SEVEN])
    feed.ruled(replace(feed.rules, mode="none"))
    feed.queued(base, feed.filed("ORA-02"), None)
    feed.queued(base, feed.filed("ORA-02"), None)
    feed.ruled(replace(feed.rules, mode="signed"))
    feed.queued(base, feed.filed(SIX), KEYS[SIX])
    assert not prove(opened(feed), feed.tip, silent).findings
    old = feed.tip
    feed.queued(base, feed.filed("ORA-02"), None)
    assert both(feed, old) == {"FF602"}


@pytest.mark.parametrize("mode", ["none", "signed"])
def test_whoever_pulls_and_pushes_goes_on_in_the_line(tmp_path, mode):
    """A pull that merges puts the feed behind the clone's own commit; a rebase not."""
    feed = begun(tmp_path)
    feed.ruled(replace(feed.rules, mode=mode))
    base = feed.tip
    feed.grow(feed.filed(SIX), KEYS[SIX])
    feed.queued(base, feed.filed(SIX), KEYS[SIX])
    old, put = feed.tip, feed.filed(SEVEN)
    mine = feed.commit((base,), put, KEYS[SEVEN])
    pulled = {**feed.files, **put}
    feed.tip = feed.commit((mine, old), {}, KEYS[SEVEN], files=pulled)
    signed = mode == "signed"
    refused = codes(judge_push(opened(feed), old, feed.tip))
    assert refused == ({"FF617"} if signed else set())
    feed.tip = old
    rebased = feed.grow(put, KEYS[SEVEN])
    feed.queued(old, feed.filed(SIX), KEYS[SIX])
    repo = opened(feed)
    assert not codes(judge_push(repo, old, rebased))
    assert not codes(judge_push(repo, rebased, feed.tip))
    assert not judge_audit(repo, feed.tip, silent).findings


def held_then(feed, lands_before):
    """Two hold one surface by their commits' dates; by first parents, as told."""
    base, key = feed.tip, "CAMBER:file:a"
    feed.grow({path("CMB-0001"): claim("CMB-0001", key, seat=SIX)}, None)
    taken = {path("CMB-0002"): claim("CMB-0002", key, seat=SEVEN)}
    if lands_before:
        feed.queued(base, taken, None)
    feed.grow({path("CMB-0001", 2): post(state="DONE", seat=SIX, subject=None)}, None)
    if not lands_before:
        feed.queued(base, taken, None, dated=feed.now - 100)
    return judge_audit(opened(feed), feed.tip, silent).findings


def test_who_held_what_at_once_goes_by_when_it_landed(tmp_path):
    for name, lands_before in (("after", False), ("before", True)):
        feed = begun(tmp_path / name)
        feed.ruled(replace(feed.rules, mode="none"))
        found = held_then(feed, lands_before)
        said = [(each.code, each.rejects) for each in found]
        assert said == ([("FF401", False)] if lands_before else []), found


def test_what_landed_last_is_listed_first_whenever_it_was_made(tmp_path):
    feed = begun(tmp_path)
    base, key = feed.tip, KEYS[SIX]

    def landed(ago):
        return feed.queued(base, feed.filed(SIX), key, dated=feed.now - ago)

    first = feed.grow(feed.filed(SIX), key)
    order = [first, *map(landed, (3000, 0, 5000))]
    order.append(feed.grow(feed.filed(SIX), key, dated=feed.now - 9000))
    repo = opened(feed)
    listed = list(entries(repo, repo.snapshot(feed.tip), feed.tip))
    assert [entry.commit for entry in listed] == order[::-1]
    assert [entry.said.item for entry in listed] == [
        f"CMB-000{number}" for number in (5, 4, 3, 2, 1)
    ]
    told = signed_by(repo, feed.tip, order)
    assert all("(CAMBER-06)" in words for words in told.values())
