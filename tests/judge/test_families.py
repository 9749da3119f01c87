"""Families: other names, lanes that are one, and what the policy does not list."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge.gen_feeds import claim, codes, judged, life, next_post, policy_of

from fleetfeed.feed.surface_index import Holders
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey

POLICY = policy_of(
    "families: {file: {paths: true, lane: any}, job: {}}\n"
    "aliases: {files: file, code: file, task: job}\n"
)
FAMILIES = POLICY.families


@pytest.mark.parametrize(
    ("one", "two", "overlap"),
    [
        ("CAMBER:file:src/app", "ORA:file:src/app/x.py", True),
        ("CAMBER:file:src/app", "CAMBER:files:src/app/x.py", True),
        ("CAMBER:code:src/app", "ORA:Files:SRC/app", True),
        ("CAMBER:file:src/app", "ORA:file:src/apple", False),
        ("CAMBER:job:1", "ORA:job:1", False),
        ("CAMBER:job:1", "CAMBER:task:1:part", True),
        ("CAMBER:job:1", "CAMBER:file:1", False),
        ("CAMBER:table:a", "ORA:table:a", False),
        # Too short ones that landed hold all that they name.
        ("CAMBER:file", "CAMBER:file:a", True),
        ("CAMBER:file", "ORA:code:a", True),
        ("CAMBER:job", "ORA:job:a", False),
        ("CAMBER", "CAMBER:job:a", True),
        ("CAMBER", "ORA:job:a", False),
        ("CAMBER", "CAMBER:file:a", True),
        ("CAMBER", "ORA:file:a", True),
        ("CAMBER", "ORA:code", True),
        ("CAMBER", "ORA", True),
    ],
)
def test_what_overlaps(one, two, overlap):
    a, b = SurfaceKey.of(one), SurfaceKey.of(two)
    assert FAMILIES.overlap(a, b) is FAMILIES.overlap(b, a) is overlap
    found = judged(
        life(claim(one, seat="ORA-01"), item="CMB-0002"), life(claim(two)), POLICY
    )
    assert ("FF401" in codes(found)) is overlap


def test_without_families_keys_are_compared_as_before():
    before = life(claim("CAMBER:file:a", seat="ORA-01"), item="CMB-0002")
    assert "FF401" not in codes(judged(before, life(claim("ORA:file:a"))))
    assert "FF401" not in codes(judged(before, life(claim("CAMBER:files:a"))))


def test_a_family_that_is_not_listed_is_told_with_the_nearest():
    (found,) = judged({}, life(claim("CAMBER:flie:a b #c")), POLICY)
    assert (found.code, found.rejects) == ("FF210", False)
    assert "write file" in found.message
    assert found.mended == 'SURFACE_KEY: "CAMBER:file:a b #c"'
    (found,) = judged({}, life(claim("CAMBER:galaxy:a")), POLICY)
    assert found.mended == ""


def test_only_what_is_newly_named_is_judged_by_its_family():
    posts = (claim("CAMBER:flie:a"),)
    again = next_post(posts, **claim("CAMBER:flie:a"))
    assert codes(judged(life(*posts), again, POLICY)) == []


def test_a_list_may_not_name_one_surface_twice():
    both = claim(["CAMBER:file:a", "ORA:code:a/b"])
    assert codes(judged({}, life(both), POLICY)) == ["FF205"]
    # What was there is not judged again.
    again = next_post((both,), **both)
    assert codes(judged(life(both), again, POLICY)) == []


def test_two_that_a_new_policy_makes_one_go_on():
    posts = (claim("ORA:file:a"),)
    before = {
        **life(claim("CAMBER:file:a", seat="ORA-01"), item="CMB-0002"),
        **life(*posts),
    }
    renewed = next_post(posts, **claim("ORA:file:a"))
    assert codes(judged(before, renewed, POLICY)) == []
    # Under another name it is claimed anew.
    other = next_post(posts, **claim("ORA:code:a"))
    assert "FF401" in codes(judged(before, other, POLICY))


def test_a_surface_taken_under_two_names_in_one_push_is_told_once():
    before = life(claim("CAMBER:file:a", seat="ORA-01"), item="CMB-0002")
    posts = (claim("ORA:file:a"), claim("ORA:code:a"))
    assert codes(judged(before, life(*posts), POLICY)).count("FF401") == 1


keys = st.lists(
    st.sampled_from(["a", "file", "code", "job", "b"]), min_size=1, max_size=4
).map(lambda parts: SurfaceKey.of(":".join(parts)))


@given(st.lists(keys, min_size=1, max_size=6), keys)
def test_the_index_agrees_with_looking_at_all_keys(held, key):
    items = [
        Item(f"CMB-{n:04d}", 1, State.IN_PROGRESS, keys=(one,))
        for n, one in enumerate(held, 1)
    ]
    plain = Holders.of(items)
    holders = plain.under(FAMILIES)
    assert holders is plain.under(FAMILIES)
    assert set(holders) == set(plain)
    found = [(hold.item, hold.key) for hold in holders.overlapping(key)]
    slow = [(i.id, k) for i in items for k in i.keys if FAMILIES.overlap(k, key)]
    assert sorted(found, key=str) == sorted(slow, key=str)
    for row in list(holders):
        holders.index.remove(row)
    assert not list(holders.overlapping(key))


@given(st.lists(keys, min_size=3, max_size=3))
def test_one_surface_overlaps_whatever_the_other_does(three):
    one, two, _ = three
    if FAMILIES.collides_as(one.parts) == FAMILIES.collides_as(two.parts):
        assert all(FAMILIES.overlap(one, k) == FAMILIES.overlap(two, k) for k in three)
    for a, b in combinations(three, 2):
        assert not a.overlaps(b) or FAMILIES.overlap(a, b)
