"""What an item keeps of its posts for its lease says as much as the posts themselves."""

from hypothesis import given
from hypothesis import strategies as st
from judge.gen_feeds import ITEM, life, snapshot
from lease import oracle_estimate

from fleetfeed.lease.estimate import estimate, utc

NOW = utc("2026-11-20T12:00:00Z")
POLICY = """\
leases: {default: 1h, max: 7d, indefinite: true, pools: {any-camber: 20m, one: 5m}}
pools: {any-camber: [CAMBER-*], one: [CAMBER-07]}
"""
TIMES = (None, "2026-11-20T09:00:00Z", "2026-11-20T11:30:00Z", "2026-11-20T11:30:00.5Z",
         "2099-01-01T00:00:00Z")  # fmt: skip
SEATS = ("CAMBER-06", "camber-06", "CAMBER-06/task", "CAMBER-07", "CHIEF")

posts = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(
                ["IN_PROGRESS"] * 3 + ["AWAITING_CLAIM"] * 2 + ["PARKED"]
            )
        },
        optional={
            "seat": st.sampled_from(SEATS),
            "owner": st.sampled_from([*SEATS, "any-camber"]),
            "lease": st.sampled_from(["30m", "4h", "none"]),
            "at": st.sampled_from(TIMES),
            "epoch": st.integers(1, 4),
            "op": st.sampled_from(["one", "two"]),
            "body": st.just(["unreadable"]),
        },
    ),
    min_size=1,
    max_size=12,
)


def said(post):
    return {name: value for name, value in post.items() if value is not None}


@given(posts, st.sampled_from([None, NOW - 7000.0, NOW - 60.0]))
def test_the_estimate_is_that_of_all_posts(given_posts, beat):
    feed = snapshot({"feed/policy.yaml": POLICY, **life(*map(said, given_posts))})
    assert feed.policy.policy
    item, all_posts = feed.item(ITEM), feed.posts(ITEM)
    expected = oracle_estimate.estimate(item, all_posts, feed.rules, NOW, beat)
    assert estimate(item, feed.rules, NOW, beat) == expected
    assert item.op == oracle_estimate.beginning(ITEM, all_posts)


def test_a_holding_of_many_posts_keeps_few():
    claim = {"state": "IN_PROGRESS", "seat": "CAMBER-06"}
    times = [{**claim, "at": f"2026-11-20T{hour:02d}:00:00Z"} for hour in range(20)]
    shorter = {**times[5], "lease": "30m"}
    item = snapshot(life(*times, shorter, *times)).item(ITEM)
    assert item.newest == 41
    assert [(each.lease, each.at[11:13]) for each in item.renewals] == [
        (None, "00"),
        (None, "19"),
        ("30m", "19"),
    ]
