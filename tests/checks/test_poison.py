"""What a server takes, whoever brings it, leaves a history that can be proven.

Somebody who has no key, or one of his own, pushes what a server lets through. After
that others go on lawfully, and what they bring is proven.
"""

import time
from dataclasses import replace

import pytest
from checks.gen_signed import CA, FIRST, KEYS, SEVEN, SIX, certificate
from checks.test_verify import begun, opened, silent

from fleetfeed.checks import commit_signers
from fleetfeed.checks.approvals import approvals
from fleetfeed.checks.push import judge_push
from fleetfeed.checks.signed_by import signed_by
from fleetfeed.checks.verify import prove

HOUR, FAR = 3600, 4_000_000_000
NINE = "CAMBER-09"
TODAY = certificate(CA, NINE, until=int(time.time()) + 12 * HOUR, key="of today")


def pushed(feed, tip):
    """What a server refuses of a push; nothing where it is the feed's tip then."""
    old, feed.tip = feed.tip, tip
    found = judge_push(opened(feed), old or None, tip).findings
    feed.tip = old if found else tip
    return {each.code for each in found}


def on_the_line(feed):
    return feed.commit((feed.tip,), {"README": "x"}, None, dated=FAR)


def merged_code(feed):
    side = feed.commit((feed.tip,), {"README": "x"}, None, dated=FAR)
    return feed.commit((feed.tip, side), {"README": "x"}, None, dated=FAR)


def another_root(feed):
    side = feed.commit((), {"README": "x"}, None, dated=FAR)
    return feed.commit((feed.tip, side), {}, None, dated=FAR)


def a_file_where_the_feed_is(feed):
    side = feed.commit((), {"feed": "x"}, None, dated=FAR)
    return feed.commit((feed.tip, side), {}, None)


@pytest.mark.parametrize(
    "play",
    [on_the_line, merged_code, another_root, a_file_where_the_feed_is],
    ids=lambda play: play.__name__,
)
def test_no_certificate_expires_by_the_date_of_what_nobody_signed(tmp_path, play):
    feed = begun(tmp_path, 1, ago=HOUR)
    begin = feed.grow(feed.filed(SIX), KEYS[SIX])
    assert not pushed(feed, play(feed))
    mine = feed.commit((feed.tip,), feed.filed(NINE), TODAY)
    assert not pushed(feed, mine)
    repo = opened(feed)
    for since in (None, begin, feed.raw.parents[mine][0]):
        assert prove(repo, feed.tip, silent, since).findings == ()
    assert signed_by(repo, feed.tip, (mine,))[mine].startswith("signed by certificate")


def test_a_copy_that_was_left_out_says_nothing_of_the_post(tmp_path):
    """What SEVEN has seen on a branch of SIX, it brings first, by its own key."""
    feed = begun(tmp_path, 1, ago=HOUR)
    put = feed.filed(SIX)
    side = feed.commit((feed.tip,), put, KEYS[SEVEN])
    assert not pushed(feed, feed.commit((feed.tip, side), {}, None))
    merge = feed.tip
    assert not pushed(feed, feed.commit((merge,), put, KEYS[SIX]))
    assert prove(opened(feed), feed.tip, silent).findings == ()
    # Where that is all there is, it was not SIX who brought it.
    again = feed.commit((merge, side), put, None)
    for tip in (again, feed.commit((merge,), put, KEYS[SEVEN])):
        feed.tip = tip
        found = prove(opened(feed), tip, silent).findings
        assert {each.code for each in found} == {"FF601"}


def test_an_unsigned_copy_is_refused_and_found_whether_it_lasts_or_not(tmp_path):
    feed = begun(tmp_path, 1, ago=HOUR)
    put = feed.filed(SIX)
    side = feed.commit((feed.tip,), put, None)
    merge = feed.commit((feed.tip, side), {}, None)
    assert pushed(feed, merge) == {"FF602"}
    feed.tip = feed.commit((merge,), put, KEYS[SIX])
    assert {f.code for f in prove(opened(feed), feed.tip, silent).findings} == {"FF602"}


@pytest.mark.parametrize("before", [("feed", "README"), ("README", "feed")])
def test_a_feed_in_the_place_of_a_file(tmp_path, before):
    """Code had a file of that name, long ago or until now."""
    feed = begun(tmp_path, 1)
    feed.tip, line = "", []
    for name in before:
        above = (feed.tip,) if feed.tip else ()
        feed.tip = feed.commit(above, {}, None, files={name: "x"})
        line.append(feed.tip)
    tip = feed.commit((feed.tip,), FIRST.files, KEYS["FLEET-01"], files={})
    feed.tip = ""
    assert not pushed(feed, tip)
    assert not pushed(feed, feed.commit((tip,), feed.filed(SIX), KEYS[SIX]))
    for since in (None, *line):
        proof = prove(opened(feed), feed.tip, silent, since)
        assert (proof.findings, proof.signed) == ((), 2)


@pytest.mark.parametrize("by", [KEYS["FLEET-01"], None], ids=["signed", "unsigned"])
def test_a_pointer_from_before_the_feed_says_no_rules(tmp_path, by):
    feed = begun(tmp_path, 1)
    first = feed.commit((), {".fleetfeed.yaml": "dir: feed\n"}, None)
    tip = feed.commit((first,), FIRST.files, by)
    feed.tip = first
    refused = set() if by else {"FF602"}
    assert pushed(feed, tip) == refused
    feed.tip = tip
    for since in (None, first):
        found = prove(opened(feed), tip, silent, since).findings
        assert {each.code for each in found} == refused


@pytest.mark.parametrize("begin", [(), ("README",)], ids=["root", "after code"])
def test_what_was_signed_for_another_feed_is_not_taken_over(tmp_path, begin):
    """A fleet to try things out, with the same keys: its commits are merged by SEVEN."""
    feed = begun(tmp_path, 1, ago=HOUR)
    feed.grow(feed.filed(SIX), KEYS[SIX])
    above = tuple(feed.commit((), {name: "x"}, None) for name in begin)
    other = feed.commit(above, FIRST.files, KEYS["FLEET-01"])
    put = feed.filed(SIX)
    side = feed.commit((other,), put, KEYS[SIX])
    merge = feed.commit((feed.tip, side), put, KEYS[SEVEN])
    assert pushed(feed, merge) == {"FF617"}
    feed.tip = merge
    assert {f.code for f in prove(opened(feed), merge, silent).findings} == {"FF617"}


def test_rules_of_once_that_a_merge_takes_over_are_asked(tmp_path):
    """In mode none anybody may ask again who brings what; then it is asked at once."""
    feed = begun(tmp_path, 1, ago=HOUR)
    signed = feed.tip
    files = {name: t.replace("signed", "none") for name, t in FIRST.files.items()}
    assert not pushed(feed, feed.commit((signed,), files, KEYS["FLEET-01"]))
    assert not pushed(feed, feed.commit((feed.tip,), feed.filed(SEVEN), None))
    again = {**feed.files, **FIRST.files}
    merge = feed.commit((feed.tip, signed), {}, None, files=again)
    assert pushed(feed, feed.commit((merge,), feed.filed(SIX), None)) == {"FF404"}
    assert not pushed(feed, merge)
    assert prove(opened(feed), feed.tip, silent).findings == ()


def test_nobody_makes_a_server_verify_approvals_that_change_nothing(
    tmp_path, monkeypatch
):
    """Of posts where the policy has no act agreed; of rules by who is no steward."""
    feed = begun(tmp_path, 1, ago=HOUR)
    feed.ruled(replace(feed.rules, sign=2))
    handed_in = list[bytes]()

    def seen(messages, *more):
        handed_in.extend(filter(None, messages))
        return approvals(messages, *more)

    monkeypatch.setattr(commit_signers, "approvals", seen)
    other = replace(feed.rules, revoked=frozenset({SEVEN}))
    message = f"x\n\n{feed.approval(other, KEYS['FLEET-02'])}"
    rows = {
        feed.commit((feed.tip,), feed.filed(SIX), KEYS[SIX], message=message): set(),
        feed.commit((feed.tip,), other.files, KEYS[SIX], message=message): {"FF608"},
    }
    old = feed.tip
    for tip, refused in rows.items():
        feed.tip = old
        assert (pushed(feed, tip), handed_in) == (refused, [])
    feed.tip = old
    by = KEYS["FLEET-01"]
    assert not pushed(feed, feed.commit((old,), other.files, by, message=message))
    assert len(handed_in) == 1


def test_a_line_that_takes_its_rules_from_once_is_refused(tmp_path):
    """In mode none its first parent may be any: but not one by whom it asks again."""
    feed = begun(tmp_path, 1, ago=HOUR)
    signed = feed.tip
    files = {name: t.replace("signed", "none") for name, t in FIRST.files.items()}
    assert not pushed(feed, feed.commit((signed,), files, KEYS["FLEET-01"]))
    assert not pushed(feed, feed.commit((feed.tip,), feed.filed(SEVEN), None))
    posts = feed.files
    again = {**posts, **FIRST.files}
    by = KEYS[SIX]
    mine = feed.commit((signed,), feed.filed(SIX), by)
    for first, put in ((signed, {}), (mine, feed.raw.files[mine])):
        merge = feed.commit((first, feed.tip), {}, None, files={**put, **again})
        assert pushed(feed, merge) == {"FF617"}
        back = feed.commit((merge,), files, KEYS["FLEET-01"])
        assert pushed(feed, back) == {"FF617"}
