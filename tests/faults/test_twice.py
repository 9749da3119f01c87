"""One op, two runs: at once, and one after the other that everybody thought dead."""

import pytest
from faults.bench import COMMANDS

large = pytest.mark.large
NAMES = [pytest.param(n, marks=[] if n == "reserve" else large) for n in COMMANDS]


@pytest.mark.parametrize("name", NAMES)
def test_two_at_once(bench_of, name):
    """Both have looked, and neither has seen the other."""
    bench = bench_of(name)
    gate = bench.gate()
    for call in ("push.1", "push.2"):
        bench.git.on(call, gate.shell)
    runs = [bench.start(), bench.start()]
    for _ in runs:
        gate.reached()
    for _ in runs:
        gate.open()
    ended = [run.end() for run in runs]
    assert [ran.code for ran in ended] == [0, 0]
    assert ended[0].out == ended[1].out
    # Within a second both make the same commit: a queue lands that once, for both.
    assert sum("an earlier run" in ran.err for ran in ended) <= 1
    bench.check(ended[0])


@large
@pytest.mark.parametrize("name", COMMANDS)
def test_a_push_that_comes_too_late(bench_of, name):
    """The first gave up, the second wrote: what is still under way must not land."""
    bench = bench_of(name)
    gate = bench.gate()
    bench.git.on("push.1", f"kill -KILL $PPID; {gate.shell}")
    first = bench.start()
    gate.reached()
    dead = first.end()
    second = bench.run()
    assert (second.code, bench.landed()) == (0, bench.posts)
    gate.open()
    bench.alone()
    assert bench.landed() == bench.posts
    bench.check(dead)


@pytest.mark.parametrize("name", NAMES)
def test_a_push_that_lands_after_its_command_gave_up(bench_of, name):
    """It was cannot tell, and then it is there: the op finds it."""
    bench = bench_of(name)
    gate = bench.gate()
    # The wrapper ends; what it has sent is on its way.
    late = f'( {gate.shell}; exec "$real" "$@" ) >/dev/null 2>&1 &'
    bench.git.on("push.1", f"{late} exit 128")
    bench.git.on("push.2", "exit 128")
    bench.git.on("push.3", "exit 128")
    ran = bench.run("--timeout", "20s")
    assert (ran.code, bench.landed()) == (3, 0)
    gate.open()
    bench.alone()
    assert bench.landed() == bench.posts
    bench.check(ran)


def test_it_lands_while_the_same_command_runs_again(bench):
    """The second has looked, and found nothing; then the first one's post is there."""
    late, look = bench.gate(), bench.gate()
    bench.git.on("push.1", f"kill -KILL $PPID; {late.shell}")
    first = bench.start()
    late.reached()
    dead = first.end()
    bench.git.on("commit-tree.2", look.shell)
    second = bench.start()
    look.reached()
    late.open()
    first.alone()
    assert bench.landed() == 1
    look.open()
    ran = second.end()
    assert ran.code == 0
    assert "an earlier run of this command wrote it" in ran.err
    bench.check(dead)
