"""Seals race with posts, takeovers and other seals: processes of one start, one feed."""

import pytest
from harness.starting import starter as new_starter
from race.arena import WAYS, new_arena, rounds_of, spread
from race.oracle_answers import Told
from seal.gen_feeds import SEAL, item_id, shard
from seal.oracle_server import check_as_unsealed, posts_on

ROUND = (
    ("CAMBER-01", ("seal",)),
    ("CAMBER-02", ("append", item_id(980), "--state", "PARKED", "--reason", "back")),
    ("CAMBER-03", ("seal", "CMB/000")),
    ("CAMBER-04", ("claim", item_id(981), "--reason", "it came back")),
    ("CAMBER-05", ("claim", item_id(981), "--reason", "it came back")),
    ("CAMBER-09", ("seal", "--json")),
    ("CAMBER-06", ("append", item_id(982), "--state", "DONE", "--body", "one more")),
    ("CAMBER-08", ("claim", "CMB-1000")),
)
SEALS = {n for n, (_, args) in enumerate(ROUND) if args[0] == "seal"}


@pytest.fixture(scope="module")
def starter():
    with new_starter() as started:
        yield started


@spread(1)
def test_seals_and_posts_at_one_moment(closed_template, starter, tmp_path, stress, way):
    for number in rounds_of(way) if stress else (0,):
        folder = tmp_path / f"{number}"
        with new_arena(closed_template, way, starter, folder) as arena:
            _round(arena)


def _round(arena):
    before = posts_on(arena.server)
    ended = arena.run([arena.start(seat, seat, *args) for seat, args in ROUND])
    told = [Told(seat, each) for (seat, _), each in zip(ROUND, ended, strict=True)]
    after = posts_on(arena.server)
    assert before.items() <= after.items()
    written = {name: data.decode() for name, data in after.items() - before.items()}
    for number, each in enumerate(told):
        if number in SEALS:
            # Refused only where it was asked for by name, and was opened before.
            assert each.ended.code in ((0, 1) if number == 2 else (0,)), each
        elif each.won:
            mine = [t for t in written.values() if f"SEAT: {each.seat}\n" in t]
            assert len(mine) == 1, each
    won = [each.seat for n, each in enumerate(told) if n not in SEALS and each.won]
    assert len(written) == len(won)
    assert {"CAMBER-02", "CAMBER-06", "CAMBER-08"} <= set(won)
    assert len({"CAMBER-04", "CAMBER-05"} & set(won)) == 1
    check_as_unsealed(arena.server)
    arena.audit()


def test_many_seals_at_one_moment(closed_template, starter, tmp_path, stress):
    """One lands; the others find it done, and say so."""
    with new_arena(closed_template, WAYS[0], starter, tmp_path / "a") as arena:
        crowd = 12 if stress else 5
        starts = [arena.start(f"{n}", f"ORA-{n:02d}", "seal") for n in range(crowd)]
        ended = arena.run(starts)
        assert all(each.code == 0 for each in ended), ended
        assert all(
            each.stdout.startswith("sealed CMB/000") or "nothing to seal" in each.stderr
            for each in ended
        ), ended
        said = arena.server.line("log", "--format=%s", "main").split("\n")
        assert said.count("Seal CMB/000") == 1
        assert arena.server.holds(SEAL, "main")
        assert (
            shard().items()
            <= {
                name: data.decode() for name, data in posts_on(arena.server).items()
            }.items()
        )
        arena.audit()
