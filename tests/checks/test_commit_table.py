"""What is judged is what would be committed, whichever way one commits.

`WAYS` are gone twice each: with a lawful post inside the commit and a colliding one
beside it, which passes, and the other way round, which is refused. `ROWS` are commits
whose verdict hangs on what they do to posts that are there already.
"""

import pytest
from checks.commit_rows import ROWS
from checks.commit_ways import POST, WAYS
from harness import FREE, TAKEN, claim
from harness.rows import of_each_kind

GOOD = claim("CMB-0003", FREE, subject="lawful")
BAD = claim("CMB-0003", TAKEN, subject="colliding")


# That it is refused, each way is asked below; that it passes, each fourth in make test.
@pytest.mark.parametrize(
    "way", of_each_kind(WAYS.values(), [*WAYS.values()][::4].__contains__), ids=WAYS
)
def test_a_lawful_post_passes_whatever_lies_beside_it(scene, way):
    done = way(scene, GOOD, BAD)
    assert done.result.ok, done.result
    assert not done.result.refusals
    assert done.repo.tip() != done.before
    assert done.repo.holds(POST) == GOOD


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_colliding_post_is_refused_whatever_lies_beside_it(scene, way):
    done = way(scene, BAD, GOOD)
    assert not done.result.ok
    assert done.result.refusals == {"FF401"}
    assert "COLLIDE-WITH-CMB-0001" in done.result.stderr
    assert done.repo.tip() == done.before


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_commit_has_the_verdict_of_its_row(scene, row):
    done = row.play(scene)
    assert done.result.refusals == row.refused, done.result
    assert done.result.warnings == row.warned, done.result
    assert done.result.ok == (not row.refused), done.result
    assert (done.repo.tip() == done.before) == bool(row.refused)
    assert not done.result.unsaid(*row.words)
