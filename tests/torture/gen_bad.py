"""Histories made by hand: a good one, and a bad one of each kind.

Two seats and a surface. The good one has a claim, a refusal, a reading, a beat, a
takeover when lease and grace are over, a place in line whose turn it is, and work.
"""

from collections.abc import Callable
from dataclasses import replace

from torture.history import Answer, History, Post, Rules, Run, Step, Told, Work

LEASE, GRACE, TURN = 10.0, 2.0, 5.0
KEY = "LAB:work:a"
ONE, TWO, THREE = "LAB-0001", "LAB-0002", "LAB-0003"
ANN, BOB, CID = "LAB-01", "LAB-02", "LAB-03"


def post(item: str, state: str, seat: str, op: str, **more: str) -> Post:
    """A post's fields."""
    return {"ITEM": item, "STATE": state, "SEAT": seat, "OP": op, **more}


def won(item: Told, number: int, step: str, **more: object) -> Answer:
    """The answer to one post."""
    said = Answer("won", 0, (item,), ((item.item, number),), step, step)
    return replace(said, **more)  # type: ignore[arg-type]


def _run(
    seat: str, words: str, op: str, when: tuple[float, float], answer: Answer | None
) -> Run:
    args = tuple(words.split())
    code = answer.code if answer else None
    return Run(seat, args[0], args, op, *when, code, answer)


_CLAIMED = Told(ONE, "IN_PROGRESS", ANN, 1, 0, 1, (KEY,))
_TAKEN = Told(ONE, "IN_PROGRESS", BOB, 2, 0, 2, (KEY,))
_DONE = Told(ONE, "DONE", BOB, 2, 0, 3)
_WAITS = Told(TWO, "PARKED", "", 0, 1, 1)
_HAS = Told(TWO, "IN_PROGRESS", CID, 1, 0, 2, (KEY,))

STEPS = (
    Step("c1"),
    Step("c2", (post(ONE, "IN_PROGRESS", ANN, "o1", SUBJECT="x", SURFACE_KEY=KEY),)),
    Step("c3", (post(ONE, "IN_PROGRESS", BOB, "o5", EPOCH="2", REASON="gone"),)),
    Step("c4", (post(TWO, "PARKED", CID, "o6", SURFACE_KEY=KEY, TURN="1"),)),
    Step("c5", (post(ONE, "DONE", BOB, "o7", EPOCH="2"),)),
    Step("c6", (post(TWO, "IN_PROGRESS", CID, "o8"),)),
)

_NEW = "claim --new LAB --surface LAB:work:a"
RUNS = (
    _run(ANN, _NEW, "o1", (1, 2), won(_CLAIMED, 1, "c2")),
    _run(BOB, _NEW, "o2", (3, 4), Answer("held", 1, (_CLAIMED,), basis="c2")),
    _run(BOB, "active", "o3", (4, 5), Answer("open", 0, (_CLAIMED,), basis="c2", count=1)),
    _run(ANN, "beat LAB-0001", "o4", (6, 7), Answer("alive", 0, (_CLAIMED,), basis="c2")),
    _run(BOB, "claim LAB-0001", "o5", (18, 19), won(_TAKEN, 2, "c3")),
    _run(
        CID,
        f"{_NEW} --wait",
        "o6",
        (20, 21),
        Answer("cannot tell", 3, (_WAITS,), basis="c4"),
    ),
    _run(BOB, "done LAB-0001", "o7", (22, 23), won(_DONE, 3, "c5")),
    _run(CID, "claim LAB-0002 --wait", "o8", (24, 25), won(_HAS, 2, "c6")),
    _run(ANN, "fence LAB-0001", "o9", (26, 27), Answer("no longer yours", 4, (_DONE,), basis="c6")),
)  # fmt: skip
WORKS = (Work(ANN, ONE, 1, "o1", 2, 11), Work(BOB, ONE, 2, "o5", 19, 20))

GOOD = History(Rules(LEASE, GRACE, TURN), RUNS, STEPS, WORKS)


def _with(history: History, op: str, **more: object) -> History:
    """The same, with another record of one run."""
    runs = (replace(r, **more) if r.op == op else r for r in history.runs)  # type: ignore[arg-type]
    return replace(history, runs=tuple(sorted(runs, key=lambda run: run.begin)))


def _answering(op: str, **more: object) -> History:
    """The good one, where one answer is another."""
    run = _the(op)
    assert run.answer
    said = replace(run.answer, **more)  # type: ignore[arg-type]
    return _with(GOOD, op, answer=said, code=said.code)


def _posts(number: int, *posts: Post) -> History:
    """The good one, where a step brings other posts."""
    steps = [*STEPS]
    steps[number - 1] = replace(steps[number - 1], posts=posts)
    return replace(GOOD, steps=tuple(steps))


def _without(*ops: str) -> tuple[Run, ...]:
    return tuple(run for run in RUNS if run.op not in ops)


def _swapped() -> History:
    """The place in line stands before the takeover that had been answered before it."""
    one, two = STEPS[2], STEPS[3]
    return replace(GOOD, steps=(*STEPS[:2], two, one, *STEPS[4:]))


def _killed(op: str, begin: float) -> Run:
    """A run of which no answer is known."""
    return replace(_the(op), begin=begin, end=begin + 0.5, code=None, answer=None)


def _killed_too_soon() -> History:
    """What no answer is known of stands before what had been answered before it began."""
    known = Answer("shown", 0, (_WAITS,), basis="c4")
    late = replace(_the("o6"), begin=17.0, end=18.0)
    read = _run(ANN, "show LAB-0002", "o10", (18.5, 19), known)
    made = _among(_killed("o5", 19.5), late, read, without=("o5", "o6"))
    return replace(made, works=WORKS[:1])


def _seen_by_another(taken: float, seen: float) -> History:
    """A takeover whose command was killed, and which somebody has seen soon."""
    known = Answer("shown", 0, (_TAKEN,), basis="c3")
    read = _run(CID, "show LAB-0001", "o10", (seen, seen + 1), known)
    made = _among(_killed("o5", taken), read, without=("o5",))
    return replace(made, works=())


def _refused(code: int, word: str) -> History:
    return _answering(
        "o5", code=code, word=word, items=(), posts=(), step="", basis="c2"
    )


_NOTHING = Answer(
    "cannot tell", 3, message="nothing was written: time was up", asked=False
)


def _nothing_written() -> Run:
    """The takeover's first run, which was told that it wrote nothing."""
    return replace(_the("o5"), begin=16.0, end=17.0, code=3, answer=_NOTHING)


def _the(op: str) -> Run:
    (run,) = (run for run in RUNS if run.op == op)
    return run


def _among(*more: Run, without: tuple[str, ...] = ()) -> History:
    """The good one with other runs."""
    runs = sorted((*_without(*without), *more), key=lambda run: run.begin)
    return replace(GOOD, runs=tuple(runs))


def _read_after(seat: str, told: Told, basis: str) -> History:
    answer = Answer("shown", 0, (told,), basis=basis)
    return _among(_run(seat, f"show {told.item}", "o10", (23.5, 23.8), answer))


def _of_a_database(history: History) -> History:
    return replace(history, rules=replace(history.rules, snapshots=False))


def _takeover(begin: float, end: float, sign: str = "o4") -> History:
    """A takeover at another time, and who works after it or asks is as before."""
    keep = _without("o4") if sign != "o4" else RUNS
    made = replace(GOOD, runs=keep, works=())
    return _with(made, "o5", begin=begin, end=end)


def _passing(begin: float, end: float) -> History:
    """Somebody who is in no line takes the surface, while CID waits for it."""
    taken = Told(THREE, "IN_PROGRESS", ANN, 1, 0, 1, (KEY,))
    steps = (
        *STEPS[:5],
        Step("c6", (post(THREE, "IN_PROGRESS", ANN, "o10", SURFACE_KEY=KEY),)),
    )
    run = _run(ANN, _NEW, "o10", (begin, end), won(taken, 1, "c6"))
    return replace(GOOD, steps=steps, runs=(*_without("o8", "o9"), run))


PASSED_IN_TIME = _passing(28.5, 29.5)
"""The turn was over: so it may be."""
TAKEN_IN_TIME = _takeover(17.5, 18.5)

_HELD_TWICE = post(THREE, "IN_PROGRESS", CID, "o6", SURFACE_KEY="LAB:work:a:b")

FOUND_BY_ITSELF = _answering("o5", again=True)
"""Its first try had no answer, and the next one found what that had written."""

BAD: dict[str, tuple[str, Callable[[], History]]] = {
    "an answered post stands before what had been answered": (
        "out of order", _swapped,
    ),
    "a post of a killed command, too": ("out of order", _killed_too_soon),
    "a reading of what had not begun at its end": (
        "out of order", lambda: _answering("o3", basis="c5", items=(_DONE,)),
    ),
    "a reading behind one's own write": (
        "went back", lambda: _read_after(BOB, _TAKEN, "c4"),
    ),
    "a reading behind what another one was told": (
        "went back", lambda: _read_after(ANN, _TAKEN, "c4"),
    ),
    "a reading behind a write to a database": (
        "went back", lambda: _of_a_database(_read_after(BOB, _TAKEN, "9")),
    ),
    "an item that is told with another holder": (
        "wrong answer",
        lambda: _answering("o3", items=(replace(_CLAIMED, holder=BOB),)),
    ),
    "an item that is told with another epoch": (
        "wrong answer", lambda: _answering("o5", items=(replace(_TAKEN, epoch=1),)),
    ),
    "an item that was another one at that place": (
        "wrong answer", lambda: _answering("o7", items=(_TAKEN,)),
    ),
    "a post that is not there": (
        "wrong answer", lambda: _answering("o3", items=(replace(_CLAIMED, newest=7),)),
    ),
    "a commit that is not there": ("wrong answer", lambda: _answering("o3", basis="x")),
    "a list that leaves one out": (
        "wrong answer", lambda: _answering("o3", items=(), count=0),
    ),
    "held by what nobody holds": (
        "wrong answer",
        lambda: _with(
            _answering("o9", word="held", code=1), "o9", verb="claim", args=("claim", ONE)
        ),
    ),
    "held by what is on another surface": (
        "wrong answer",
        lambda: _with(GOOD, "o2", args=("claim", "--surface", "LAB:work:b")),
    ),
    "yours that is another's": (
        "wrong answer", lambda: _answering("o9", word="yours", code=0),
    ),
    "no longer yours that is": (
        "wrong answer",
        lambda: _with(
            _answering("o9", items=(_HAS,)), "o9", seat=CID, args=("fence", TWO)
        ),
    ),
    "nothing ready, and something was": (
        "wrong answer",
        lambda: replace(
            _with(
                _answering("o3", word="nothing ready", code=1, items=()), "o3", seat=BOB
            ),
            steps=(
                STEPS[0],
                Step("c2", (post(ONE, "AWAITING_CLAIM", ANN, "o1", SURFACE_KEY=KEY),)),
                *STEPS[2:],
            ),
        ),
    ),
    "a refused post stands": ("refused stands", lambda: _refused(1, "refused")),
    "nothing was written, and it stands": (
        "refused stands", lambda: _among(_nothing_written(), without=("o5",)),
    ),
    "no longer yours, and its post stands": (
        "refused stands", lambda: _refused(4, "no longer yours"),
    ),
    "a won post is missing": (
        "won is missing", lambda: replace(GOOD, steps=(*STEPS[:5], Step("c6"))),
    ),
    "a won post came by another commit": (
        "won is missing", lambda: _answering("o8", step="c5"),
    ),
    "work by a claim that is not there": (
        "won is missing",
        lambda: replace(GOOD, works=(Work(ANN, ONE, 1, "o99", 2, 11),)),
    ),
    "one command has claimed twice": (
        "twice",
        lambda: replace(
            GOOD,
            steps=(*STEPS, Step("c7", (post(THREE, "IN_PROGRESS", CID, "o8"),))),
        ),
    ),
    "a post of nobody": (
        "stranger", lambda: replace(GOOD, runs=_without("o7"), works=()),
    ),
    "a post of one by another": (
        "stranger", lambda: _posts(5, post(ONE, "DONE", ANN, "o7", EPOCH="2")),
    ),
    "two hold one surface": (
        "two holders", lambda: _posts(4, _HELD_TWICE),
    ),
    "done by who does not hold it": (
        "unlawful", lambda: _posts(5, post(ONE, "DONE", CID, "o7", EPOCH="3")),
    ),
    "an epoch that is not raised": (
        "unlawful", lambda: _posts(3, post(ONE, "IN_PROGRESS", BOB, "o5", EPOCH="1")),
    ),
    "a takeover without a reason": (
        "unlawful", lambda: _posts(3, post(ONE, "IN_PROGRESS", BOB, "o5", EPOCH="2")),
    ),
    "a takeover before lease and grace": (
        "taken early", lambda: _takeover(11.0, 12.9, "o1"),
    ),
    "a takeover too soon after a beat": ("taken early", lambda: _takeover(17.0, 17.9)),
    "a takeover that nobody was told of, and others saw": (
        "taken early", lambda: _seen_by_another(15.0, 16.0),
    ),
    "one whose turn it is, is passed": ("passed", lambda: _passing(26.0, 26.9)),
    "two at work at once": (
        "two at work",
        lambda: replace(
            GOOD, works=(Work(ANN, ONE, 1, "o1", 2, 19.5), Work(BOB, ONE, 2, "o5", 19, 20))
        ),
    ),
    "at work when another one had it": (
        "worked on", lambda: replace(GOOD, works=(Work(ANN, ONE, 1, "o1", 2, 19.2),)),
    ),
}  # fmt: skip
"""By what is wrong with it: the kind of its anomaly, and the history."""


def long(times: int) -> History:
    """A good history of many commands: claims and ends, one item after another."""
    runs, steps = list[Run](), [Step("c0")]
    for n in range(1, times + 1):
        item, at = f"LAB-{n:04d}", n * 10.0
        claimed = Told(item, "IN_PROGRESS", ANN, 1, 0, 1, (KEY,))
        done = Told(item, "DONE", ANN, 1, 0, 2)
        posts = [
            post(item, "IN_PROGRESS", ANN, f"a{n}", SURFACE_KEY=KEY),
            post(item, "DONE", ANN, f"b{n}"),
        ]
        steps += [
            Step(f"{op}{n}", (each,)) for op, each in zip("ab", posts, strict=True)
        ]
        runs += [
            _run(ANN, _NEW, f"a{n}", (at, at + 1), won(claimed, 1, f"a{n}")),
            _run(
                BOB,
                "active",
                f"r{n}",
                (at + 2, at + 3),
                Answer("open", 0, (claimed,), basis=f"a{n}", count=1),
            ),
            _run(BOB, _NEW, f"h{n}", (at + 2, at + 4), Answer("held", 1, (claimed,), basis=f"a{n}")),
            _run(ANN, f"done {item}", f"b{n}", (at + 5, at + 6), won(done, 2, f"b{n}")),
        ]  # fmt: skip
    return History(Rules(LEASE, GRACE, TURN), tuple(runs), tuple(steps))
