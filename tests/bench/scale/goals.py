"""The figures that this was built for, each beside what was wanted of it."""

from collections.abc import Iterator

from bench.claims import FETCH, PUSH
from bench.goals import Goal
from bench.scale.figures import Figures, Values, less, times
from bench.scale.once import Once
from bench.scale.plan import Plan
from bench.scale.sizes import Size
from bench.scale.subjects import ACTIVE, BOARD, FULL_DIFF, FULL_NO_POST, MANY_RECEIVED
from bench.spread import Spread
from bench.subjects import EMPTY_HOOK, NO_POST, OWN_DIFF, RECEIVED


def goals(figures: Figures, plan: Plan, once: Once) -> Iterator[Goal]:
    """Every figure that was measured."""
    for text, bound, values in (
        *_commit(figures, plan),
        *_receive(figures, plan),
        *_rest(figures, plan),
    ):
        if values:
            yield Goal(text, bound, Spread.of(values))
    yield from _alone(plan, once)


Asked = Iterator[tuple[str, float, Values]]


def _commit(f: Figures, plan: Plan) -> Asked:
    small, large = plan.smallest, plan.largest
    for size in plan.named():
        told = times(f.alone(size, NO_POST), f.alone(size, OWN_DIFF))
        yield f"commit hook, no post, to one git diff, {size.words} (times)", 1.2, told
        own = less(f.alone(size, NO_POST), f.alone(size, EMPTY_HOOK))
        told = times(own, f.alone(size, OWN_DIFF))
        yield f"the same, over an empty sh hook, {size.words} (times)", 1.2, told
    full = times(f.full(large, FULL_NO_POST), f.full(large, FULL_DIFF))
    yield f"the same, every file in the index, {large.words} (times)", 1.2, full
    for size in plan.named():
        yield f"commit hook, one post, {size.words} (ms)", 75, _ms(f.judged(size))
    for size in plan.named()[1:]:
        grown = times(f.judged(size), f.judged(small))
        yield f"commit hook, one post, {_to(size, small)} (times)", 1.2, grown


def _receive(f: Figures, plan: Plan) -> Asked:
    small = plan.smallest
    for size in plan.named():
        adds = _ms(f.receive_adds(size))
        yield f"pre-receive adds to a push of one post, {size.words} (ms)", 90, adds
    for size in plan.named()[1:]:
        grown = times(f.alone(size, RECEIVED), f.alone(small, RECEIVED))
        yield f"pre-receive, one post, {_to(size, small)} (times)", 1.2, grown
    for size in plan.named():
        many = f.alone(size, MANY_RECEIVED)
        yield f"{MANY_RECEIVED} in as many commits, {size.words} (s)", 2, many


def _rest(f: Figures, plan: Plan) -> Asked:
    small = plan.smallest
    for size in plan.named()[1:]:
        grown = times(f.alone(size, ACTIVE), f.alone(small, ACTIVE))
        yield f"active, {_to(size, small)} (times)", 1.3, grown
    for posts in plan.posts:
        size = plan.plain(posts)
        yield f"board --html, warm, {size.words} (s)", 1, f.alone(size, BOARD)
    measured = [size for size in plan.sizes() if f.append_adds(size)]
    if measured:
        worst = max(measured, key=lambda size: Spread.of(f.append_adds(size)).median)
        adds = _ms(f.append_adds(worst))
        yield f"append adds to git, most of all with {worst.words} (ms)", 250, adds
    sealed = plan.sealed(max(plan.posts))
    for variant in (PUSH, FETCH):
        grown = times(f.wire(sealed, variant), f.wire(small, variant))
        yield f"{variant}, {_to(sealed, small)} (times)", 2, grown


def _alone(plan: Plan, once: Once) -> Iterator[Goal]:
    text = f"a cold memo of {plan.cold:,} posts"
    if once.cold:
        yield Goal(f"{text} (s)", 12, Spread.of(once.cold))
    if once.memory is not None:
        yield Goal(f"{text}, memory (MB)", 400, Spread.of([once.memory / 1e6]))
    if once.warm:
        warm = Spread.of(_ms(once.warm))
        yield Goal("active, with that memo (ms)", None, warm)
    text = f"audit of {plan.commits:,} commits (commits a second)"
    yield Goal(text, 2000, Spread.of([once.audited]), least=True)
    text = f"verify of {plan.commits:,} commits (signatures a second)"
    yield Goal(text, 200, Spread.of([once.verified]), least=True)


def _to(large: Size, small: Size) -> str:
    return f"{large.words}, to {small.words}"


def _ms(values: Values) -> Values:
    return [1000 * value for value in values]
