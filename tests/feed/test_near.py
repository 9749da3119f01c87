"""What is near, and why; what collides; and what is neither."""

from collections import Counter
from itertools import product

import pytest
from feed import oracle_near
from hypothesis import event, given
from hypothesis import strategies as st
from judge.gen_feeds import policy_of

from fleetfeed.feed import near as near_module
from fleetfeed.feed.near import MOST_TOLD, Neighbours, Why, concern, filed
from fleetfeed.feed.surface_index import Holders, hold_of
from fleetfeed.model.families import ANY_FAMILY
from fleetfeed.model.surface import SurfaceKey

REST, SAME, ALIKE, BESIDE, COLLIDE, NEITHER = (
    "at rest", "same artifact", "near spelling", "sibling", "colliding", "neither",
)  # fmt: skip

# Two keys, and what the one is to whoever holds the other.
PAIRS = [
    # Being of one family is not near, nor is being of one lane.
    ("CAMBER:table:a", "CAMBER:table:b", NEITHER),
    ("CAMBER:file:a", "CAMBER:file:b", NEITHER),
    ("CAMBER:file:a:x", "camber:FILE:b:y:z", NEITHER),
    ("CAMBER:file:a", "CAMBER:data:b", NEITHER),
    ("CAMBER:file:a", "ORA:file:b", NEITHER),
    ("CAMBER:page:home", "CAMBER:page:about", NEITHER),
    ("HEARTWOOD:fixture-proof:job-40729171", "HEARTWOOD:fixture-proof:job-40729172", NEITHER),
    ("CAMBER:file:README.md", "CAMBER:file:LICENSE", NEITHER),
    ("CAMBER:file:src/app", "CAMBER:file:src/apple/pie", NEITHER),
    ("CAMBER:file:src/app/x.py", "CAMBER:file:src/lib/y.py", NEITHER),
    ("CAMBER:file:src/app/x.py", "CAMBER:file:src/y.py", NEITHER),
    ("CAMBER:file:src/app", "ORA:review:src/lib", NEITHER),
    ("CAMBER:file:app/src", "ORA:review:src", NEITHER),
    ("CAMBER:file:src/app", "CAMBER:data:src/lib", NEITHER),
    ("A:b", "C:d", NEITHER),  # short ones that landed once
    ("A:b", "A:c", NEITHER),
    ("A:jobs", "A:job", NEITHER),
    ("A:b", "C:b:c", NEITHER),
    # The scenarios' own.
    ("ORA:fleet-runtime-helper:feed-append", "ORBIT:queue-helper:feed-append", SAME),
    ("CAMBER:file:src/app", "ORA:file:src/app/x.py", SAME),
    ("CAMBER:file:src/app", "CAMBER:files:src/app/x.py", SAME),
    ("CAMBER:bt-push-readiness:known_production_bt_job_ids", "ORA:bt-push-readiness:known_production_bt_job_ids", SAME),
    ("HEARTWOOD:fixture-proof:job-40729171:auto-baseline", "HEARTWOOD:fixture-proof:job-40729171", COLLIDE),
    ("HEARTWOOD:fixture-proof:job-1:auto-baseline", "HEARTWOOD:fixture-proof:job-1:by-hand", BESIDE),
    ("CAMBER:file:app/[id]/page.tsx".replace("[id]", "id"), "CAMBER:file:app/-id-/page.tsx", NEITHER),
    # The same artifact elsewhere, one containing the other, however it is spelled.
    ("CAMBER:file:src/a.py", "ORA:review:src/a.py", SAME),
    ("CAMBER:file:src/a.py", "CAMBER:review:src/a.py", SAME),
    ("CAMBER:file:src/a.py", "ORA:file:src/a.py", SAME),
    ("CAMBER:file:src/a.py", "ora:Review:SRC:a.py", SAME),
    ("CAMBER:file:src", "ORA:review:src/app/x.py", SAME),
    ("CAMBER:file:src/app/x.py", "ORA:review:src", SAME),
    ("ORA:helper:feed-append:lock", "ORBIT:queue:Feed_Append", SAME),
    ("CAMBER:table:jobs", "CAMBER:page:jobs", SAME),
    ("ORA:helper:feed-append:lock", "ORBIT:queue:feed-append:retry", NEITHER),
    ("ORA:helper:feed-append", "ORBIT:queue:feed-append-2", NEITHER),
    # A near spelling of the last part.
    ("CAMBER:table:job", "CAMBER:table:jobs", ALIKE),
    ("CAMBER:table:class", "CAMBER:table:classes", ALIKE),
    ("CAMBER:table:box", "CAMBER:table:boxes", ALIKE),
    ("CAMBER:table:batch", "CAMBER:table:batches", ALIKE),
    ("CAMBER:table:case", "CAMBER:table:cases", ALIKE),
    ("CAMBER:table:status", "CAMBER:table:statuses", ALIKE),
    ("CAMBER:table:category", "CAMBER:table:categories", ALIKE),
    ("CAMBER:table:user-map", "CAMBER:table:usermap", ALIKE),
    ("CAMBER:table:user_map", "CAMBER:table:user.map.py", ALIKE),
    ("CAMBER:table:user_map", "CAMBER:table:usermaps", ALIKE),
    ("CAMBER:file:map.ts", "CAMBER:file:map.tsx", ALIKE),
    ("CAMBER:file:map.ts", "CAMBER:file:maps", ALIKE),
    ("CAMBER:file:src/map.ts", "CAMBER:file:src/map.tsx", ALIKE),
    ("CAMBER:file:src/parser", "CAMBER:file:src/parser.py", ALIKE),
    ("CAMBER:file:README.md", "CAMBER:file:readme", ALIKE),
    ("CAMBER:file:.env", "CAMBER:file:env", ALIKE),
    ("CAMBER:file:.env", "CAMBER:file:.env.local", ALIKE),
    ("CAMBER:api:v1.2", "CAMBER:api:v12", ALIKE),
    ("CAMBER:api:v1.2", "CAMBER:api:v1.3", NEITHER),
    ("CAMBER:table:job", "CAMBER:table:joby", NEITHER),
    ("CAMBER:table:bus", "CAMBER:table:bu", ALIKE),
    ("CAMBER:table:categor", "CAMBER:table:categories", NEITHER),
    ("CAMBER:table:job", "CAMBER:view:jobs", NEITHER),
    ("CAMBER:table:job", "ORA:table:jobs", NEITHER),
    ("CAMBER:file:src/job.py", "CAMBER:file:lib/jobs.py", NEITHER),
    ("CAMBER:file:job/x.py", "CAMBER:file:jobs/x.py", NEITHER),
    ("CAMBER:file:job", "CAMBER:file:jobs/x.py", NEITHER),
    # Siblings: all but the last part, and a part of the artifact among it.
    ("CAMBER:file:src/a.py", "CAMBER:file:src/b.py", BESIDE),
    ("CAMBER:file:src/app/x.py", "CAMBER:file:src/app/y.py", BESIDE),
    ("CAMBER:file:src/app", "CAMBER:file:src/apple", BESIDE),
    ("CAMBER:file:a:x", "camber:FILE:A:y", BESIDE),
    ("CAMBER:file:src/a.py", "ORA:file:src/b.py", NEITHER),
    ("CAMBER:file:src/a.py", "CAMBER:review:src/b.py", NEITHER),
    ("CAMBER:file:src/a.py", "CAMBER:file:src/b/c.py", NEITHER),
    # One containing the other is a collision.
    ("CAMBER:file:a", "CAMBER:file:a", COLLIDE),
    ("CAMBER:file:a", "CAMBER:file:a:part", COLLIDE),
    ("CAMBER:file:src/app", "camber:FILE:src:app:x.py", COLLIDE),
    ("CAMBER:file:user_map", "CAMBER:file:user-map", COLLIDE),
    ("CAMBER:file", "CAMBER:file:a", COLLIDE),
]  # fmt: skip


def key(text):
    return SurfaceKey.of(text)


def holders(rows, state="IN_PROGRESS"):
    return Holders(hold_of(key(k), item, "ORA-02", state) for item, k in rows)


def neighbours(held=(), resting=()):
    return Neighbours(holders(held), holders(resting, "BLOCKED"))


def told(held, *keys, resting=(), item=""):
    """(item, why) of what is near `keys`."""
    found = neighbours(held, resting).near(map(key, keys), item)
    return [(each.item, each.why.value) for each in found.told]


def judged(one, two):
    """What `two` is to one who holds `one`."""
    if key(one).overlaps(key(two)):
        assert told([("CMB-0001", one)], two) == []
        return COLLIDE
    found = dict(told([("CMB-0001", one)], two))
    return found.get("CMB-0001", NEITHER)


def test_the_table_has_all_kinds():
    assert len(PAIRS) >= 60
    assert len({(a, b) for a, b, _ in PAIRS}) == len(PAIRS)
    for kind in (SAME, ALIKE, BESIDE, COLLIDE, NEITHER):
        assert sum(expected == kind for _, _, expected in PAIRS) >= 5


@pytest.mark.parametrize(("one", "two", "expected"), PAIRS)
def test_pairs_both_ways(one, two, expected):
    assert (judged(one, two), judged(two, one)) == (expected, expected)
    assert (oracle_near.why(key(one), key(two)) or NEITHER) == expected


@pytest.mark.parametrize(("one", "two", "expected"), PAIRS)
def test_what_lies_at_rest_is_near_where_it_would_collide(one, two, expected):
    found = told([], two, resting=[("CMB-0001", one)])
    assert found == ([("CMB-0001", REST)] if expected == COLLIDE else [])


@pytest.mark.parametrize(("why", "number"), list(zip(Why, range(4), strict=True)))
def test_without_a_rule_its_pairs_are_not_near(why, number, monkeypatch):
    kinds = near_module._KINDS  # noqa: SLF001
    assert kinds[number][0] is why
    monkeypatch.setattr(near_module, "_KINDS", kinds[:number] + kinds[number + 1 :])
    rows = [(a, b) for a, b, expected in PAIRS if expected == why.value]
    if why is Why.AT_REST:
        assert told([], "CAMBER:file:a", resting=[("CMB-0001", "CAMBER:file:a")]) == []
    else:
        assert rows
        assert any(judged(one, two) != why.value for one, two in rows)


FAMILIES = policy_of("""\
families:
  file: {paths: true, lane: any}
  table: {}
aliases: {files: file, code: file, tables: table}
""").families
# The same under a policy of families.
UNDER = [
    ("CAMBER:file:src/app", "ORA:file:src/app/x.py", COLLIDE),
    ("CAMBER:file:src/app", "CAMBER:files:src/app/x.py", COLLIDE),
    ("CAMBER:file:src/app", "ORA:code:src", COLLIDE),
    ("CAMBER:tables:jobs", "CAMBER:table:jobs", COLLIDE),
    ("CAMBER:file:src/a.py", "ORA:file:src/b.py", BESIDE),
    ("CAMBER:file:src/a.py", "ORA:code:src/b.py", BESIDE),
    ("CAMBER:file:map.ts", "ORA:files:map.tsx", ALIKE),
    ("CAMBER:table:job", "CAMBER:tables:jobs", ALIKE),
    ("CAMBER:table:job", "ORA:tables:jobs", NEITHER),
    ("CAMBER:table:jobs", "ORA:tables:jobs", SAME),
    ("CAMBER:file:src/a.py", "ORA:review:src/a.py", SAME),
    ("CAMBER:file:src/a.py", "ORA:review:src/b.py", NEITHER),
    # A family that is listed, and not of paths, has no extensions.
    ("CAMBER:table:public.jobs", "CAMBER:tables:public.users", NEITHER),
    ("CAMBER:view:public.jobs", "CAMBER:view:public.users", ALIKE),
    ("CAMBER:file:public.html", "CAMBER:file:public.css", ALIKE),
    ("CAMBER:file:a", "ORA:file:b", NEITHER),
]


@pytest.mark.parametrize(("one", "two", "expected"), UNDER)
def test_pairs_under_a_policy_of_families(one, two, expected):
    for mine, theirs in ((one, two), (two, one)):
        found = neighbours([("CMB-0001", mine)]).under(FAMILIES).near([key(theirs)])
        colliding = FAMILIES.overlap(key(one), key(two))
        kind = found.told[0].why.value if found.told else NEITHER
        assert (COLLIDE if colliding and not found.told else kind) == expected
        rests = neighbours((), [("CMB-0001", mine)]).under(FAMILIES).near([key(theirs)])
        assert [each.why.value for each in rests.told] == [REST] * colliding


FOUR = [
    ("CMB-0004", "CAMBER:file:src/other.py"),
    ("CMB-0003", "CAMBER:file:src/map.tsx"),
    ("CMB-0002", "ORA:review:src/map.ts"),
]
MAP = "CAMBER:file:src/map.ts"


def test_the_nearest_come_first():
    resting = [("CMB-0009", "CAMBER:file:src")]
    expected = [
        ("CMB-0009", REST), ("CMB-0002", SAME), ("CMB-0003", ALIKE), ("CMB-0004", BESIDE),
    ]  # fmt: skip
    assert told(FOUR, MAP, resting=resting) == expected
    assert told(FOUR[::-1], MAP, resting=resting) == expected


def test_of_one_kind_items_come_in_order():
    rows = [(f"CMB-{n:04d}", f"CAMBER:file:src/{n}") for n in (10000, 9999, 9, 30)]
    found = [item for item, _ in told([("B-0001", "CAMBER:file:src/b"), *rows], MAP)]
    assert found == ["B-0001", "CMB-0009", "CMB-0030", "CMB-9999", "CMB-10000"]


def test_an_item_is_told_once_by_what_is_nearest_of_it():
    rows = [
        ("CMB-0002", "CAMBER:file:src/other.py"),
        ("CMB-0002", "ORA:job:src/map.ts"),
    ]
    assert told(rows, MAP) == told(rows[::-1], MAP) == [("CMB-0002", SAME)]
    found = neighbours(rows).near([key(MAP)]).told
    assert [each.hold.text for each in found] == ["ORA:job:src/map.ts"]
    both = [("CMB-0002", "ORA:job:src/map.ts"), ("CMB-0002", "A:review:src/map.ts")]
    (one,), (two,) = (neighbours(b).near([key(MAP)]).told for b in (both, both[::-1]))
    assert one == two


def test_an_item_is_not_near_itself_nor_is_what_collides():
    rows = [*FOUR, ("CMB-0002", "CAMBER:file:src/map.ts/part")]
    assert told(rows, MAP, item="CMB-0003") == [("CMB-0004", BESIDE)]
    assert told(rows, "CAMBER:file:none/of/it", "ORA:review:src/map.ts") == []


def test_several_keys_are_asked_about_at_once():
    assert told(FOUR, "X:job:src/map.ts", "CAMBER:file:src/maps.tsx") == [
        ("CMB-0002", SAME), ("CMB-0003", ALIKE), ("CMB-0004", BESIDE),
    ]  # fmt: skip


@pytest.mark.parametrize("many", [0, 1, MOST_TOLD, MOST_TOLD + 1, 1000])
def test_ten_are_told_and_how_many_more(many):
    rows = [(f"CMB-{n:04d}", f"CAMBER:file:src/{n}.py") for n in range(1, many + 1)]
    far = [(f"ORA-{n:04d}", f"CAMBER:file:{n}.py") for n in range(1, many + 1)]
    found = neighbours([*far, *rows]).near([key(MAP)])
    assert [each.item for each in found.told] == [item for item, _ in rows[:MOST_TOLD]]
    assert found.more == max(many - MOST_TOLD, 0)


def test_what_was_there_before_is_told_before_what_is_nearer():
    rows = [(f"ORA-{n:04d}", f"CAMBER:file:src/{n}.ts") for n in range(1, 12)]
    stood = neighbours([("ORA-0011", "CAMBER:file:src/11.ts")])
    found = neighbours([*FOUR, *rows]).near([key(MAP)], first=stood.has)
    assert [each.item for each in found.told[:3]] == [
        "ORA-0011",
        "CMB-0002",
        "CMB-0003",
    ]
    assert (len(found.told), found.more) == (MOST_TOLD, 4)


def test_a_key_that_says_nothing_is_near_nothing():
    assert told(FOUR, "", ":", "/") == []
    assert told([("CMB-0001", ""), *FOUR], "A:b:c") == []


WORDS = ["a", "as", "b", "a.x", "A_", "src", "z", "zes", "y", "ies"]
FOLDERS = ["L:f", "L:f", "L:f:src", "L:f:src", "L:f:src:a", "L:g:src", "M:f:src"]
TEXTS = [f"{folder}:{word}" for folder in FOLDERS for word in WORDS]
OF_FAMILIES = [
    *("CAMBER:file:src:map.ts", "ORA:files:src:map.tsx", "CAMBER:code:src", "CAMBER"),
    *("CAMBER:table:job", "CAMBER:tables:jobs", "ORA:table:jobs", "ORA:review:src"),
    *("ORA:file:src:a", "CAMBER:view:job.x", "CAMBER:view:job.y", "ORA", "ORA:file"),
]
texts = st.sampled_from(TEXTS + OF_FAMILIES)
rows = st.lists(st.tuples(st.sampled_from(["A-0001", "B-0002", "C-0003"]), texts))


@given(rows, rows, st.lists(texts, max_size=2))
def test_the_index_agrees_with_looking_at_all_pairs(held, resting, asked):
    mine = [key(text) for text in asked]
    found = neighbours(held, resting).near(mine, "C-0003")
    pairs = ([(item, key(k)) for item, k in some] for some in (held, resting))
    expected = oracle_near.near(*pairs, mine, "C-0003")
    assert [(each.item, each.why.value) for each in found.told] == expected
    for why in {why for _, why in expected}:
        event(why)


def test_the_drawn_keys_are_near_in_all_ways():
    pairs = product(map(key, TEXTS), repeat=2)
    met = Counter(oracle_near.why(one, two) for one, two in pairs)
    assert all(met[kind] > 30 for kind in (SAME, ALIKE, BESIDE, COLLIDE, "")), met


def of_concern(rows, keys, families):
    """Those of `rows`, (item, key, held), that a store would give for `keys`."""
    asked, found = concern(keys, families), []
    for item, text, held in rows:
        for row in filed(key(text), families):
            overlaps = row.line in asked.lines or any(
                row.line.startswith(line) for line in asked.within
            )
            near = held and (
                row.artifact in asked.artifacts
                or any(row.artifact.startswith(line) for line in asked.inside)
                or row.parent in asked.parents
                or (row.parent, row.bare) in asked.alike
            )
            if overlaps or near:
                found.append((item, text, held))
                break  # it may be filed in two places of which both are asked for
    return found


@pytest.mark.parametrize("families", [ANY_FAMILY, FAMILIES], ids=["any", "listed"])
@given(data=st.data())
def test_a_store_that_is_asked_tells_as_much_as_one_that_tells_all(families, data):
    held, resting = data.draw(rows, "held"), data.draw(rows, "resting")
    mine = [key(text) for text in data.draw(st.lists(texts, max_size=2), "asked")]
    there = [(*row, True) for row in held] + [(*row, False) for row in resting]
    given = of_concern(there, mine, families)
    some = [[(i, text) for i, text, h in given if h is want] for want in (True, False)]
    all_, few = neighbours(held, resting), neighbours(*some)
    assert few.under(families).near(mine, "C-0003") == all_.under(families).near(
        mine, "C-0003"
    )
    for own in mine:
        lines = [
            [*(holders.under(families).overlapping(own))]
            for holders in (few._holders, all_._holders)  # noqa: SLF001
        ]
        assert lines[0] == lines[1]
