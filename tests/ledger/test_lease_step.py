"""What new posts do to a lease that somebody else keeps: the same as reading them all."""

from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.lease.lease import lease_of, longest, signs_of_life
from fleetfeed.ledger.postgres.document import WITHOUT_END, lease_step
from fleetfeed.model.item import Item, fold
from fleetfeed.model.policy_reader import read_policy
from fleetfeed.model.post_reader import read_post

POLICY, _ = read_policy(
    b"stewards: [FLEET-01]\npools: {quick: [Q-1]}\n"
    b"leases: {default: 100s, max: 7d, grace: 10s, pools: {quick: 40s}}\n",
    "policy.yaml",
)
STATES = ("IN_PROGRESS", "AWAITING_CLAIM", "BLOCKED", "PARKED", "DONE", "IN_PROGRESS")

posts = st.lists(
    st.fixed_dictionaries(
        {
            "STATE": st.sampled_from(STATES),
            "SEAT": st.sampled_from(["A-1", "Q-1", "A-1/x", "FLEET-01"]),
        },
        optional={
            "LEASE": st.sampled_from(["10s", "1h", "none", "3 days"]),
            "OWNER": st.sampled_from(["A-1", "quick", "none"]),
            "EPOCH": st.sampled_from(["1", "2", "3"]),
        },
    ),
    max_size=6,
)


def read(number, fields):
    known = {"ITEM": "CMB-0001", "SUBJECT": "it", **fields}
    text = "".join(f"{name}: {value}\n" for name, value in known.items())
    return read_post(text.encode(), f"{number}.yaml", "CMB-0001", number)


def seconds(leases):
    found = longest(leases)
    return WITHOUT_END if found is None else found


@given(posts, st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_a_lease_that_is_kept_post_by_post_is_that_of_all_posts(given_, sizes):
    """Each write comes at its number's second; a lease is over so many seconds later."""
    rest = [read(n, fields) for n, fields in enumerate(given_, 1)]
    written, times, over, beat, at = [], {}, None, None, 0
    for size in sizes:
        new, rest = rest[:size], rest[size:]
        step = lease_step(fold("CMB-0001", written), new, POLICY)
        written, at = [*written, *new], at + 1
        times |= dict.fromkeys((post.number for post in new), at)
        if step.reset:
            over = beat = None
        if WITHOUT_END in (step.sign, over):
            over = WITHOUT_END
        elif step.sign is not None:
            over = max(over or 0, at + step.sign)
        if step.beat is not None:
            beat = (
                WITHOUT_END
                if WITHOUT_END in (beat, step.beat)
                else max(beat or 0, step.beat)
            )
        item = fold("CMB-0001", written)
        signs = signs_of_life("CMB-0001", written, POLICY)
        if not signs:
            assert (over, beat) == (None, None)
            continue
        ends = [
            None if s.seconds is None else times[s.number] + s.seconds for s in signs
        ]
        assert over == (WITHOUT_END if None in ends else max(ends))
        # A beat gives what the longest does; what has ended since may count as well.
        given_by_all = seconds([*(s.seconds for s in signs), lease_of(item, POLICY)])
        assert beat in (given_by_all, WITHOUT_END) or beat >= given_by_all


def test_an_item_without_posts_has_no_lease():
    step = lease_step(Item("CMB-0001"), [], POLICY)
    assert (step.reset, step.sign, step.beat) == (False, None, None)
