"""Acts that one seat alone may not do: how many stewards stand behind one.

Whoever writes or pushes is one of them, if a steward; the others have signed that they
agree to this very act (`model.approval`).
"""

import shlex
from collections.abc import Callable, Iterable, Iterator

from fleetfeed.judge.step import Step
from fleetfeed.judge.transitions import TOO_FEW, comes_second, may_after_lapse
from fleetfeed.model.approval import evict_act, lane_act, reopen_act
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.identity import Approval, Speaker
from fleetfeed.model.item import Item
from fleetfeed.model.layout import post_path
from fleetfeed.model.liveness import Lapse
from fleetfeed.model.names import acts_as
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import TERMINAL, State
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


@record
class Act:
    """What a post does that others may have to agree to: one of the policy's `agreed`.

    `text` is what they sign (`model.approval`), `told` what a sentence says of it, and
    `words` the arguments of the command that prints an approval.
    """

    name: str
    text: str
    told: str
    words: str


def agreement(step: Step) -> Iterator[Finding]:
    """Enough stewards stand behind what the policy lists in `agreed`."""
    policy, post, asked = step.policy, step.post, step.context.speakers
    for act in (act for act in _acts(step) if act.name in policy.agreed):
        level = _level(step, act)
        if level and asked is None:
            # Who will sign it is not known yet.
            yield step.finding(TOO_FEW, "STATE", _wanted(step, act), Severity.WARN)
        for speaker in asked(post_path(post.item, post.number)) if asked else ():
            few = stewards_among(speaker, act.text, policy) < policy.stewards_sign
            # Whoever is not known is refused for that.
            if level and few and not speaker.flaw:
                message = f"{_wanted(step, act)}; {given(speaker, act.text, policy)}"
                yield step.finding(TOO_FEW, "STATE", message, level)


def _acts(step: Step) -> Iterator[Act]:
    """What the post does: nobody needs to agree to what the holder does.

    Nor to what the filer does with what is over.
    """
    before, seat = step.before, step.post.seat
    place = (before.id, before.epoch, before.newest, seat)
    own, steward = acts_as(seat, before.holder), step.policy.is_steward(seat)
    if before.state is State.IN_PROGRESS and steward and not own:
        told = f"acts on {before.id} of {printable(before.holder)}"
        yield Act("evict", evict_act(*place), told, "evict")
    reopened = before.state in TERMINAL and step.post.state is not before.state
    if reopened and not own and not acts_as(seat, before.filer):
        told = f"reopens {before.id} of {printable(before.contact)}"
        yield Act("reopen", reopen_act(*place), told, "reopen")
    lanes = _entered(before, step.after)
    if lanes:
        told = f"moves {before.id} to lane {printable(' and '.join(lanes))}"
        to = "".join(f" --to {shlex.quote(printable(lane))}" for lane in lanes)
        yield Act("lane", lane_act(*place, lanes), told, f"lane{to}")


def _entered(before: Item, after: Item) -> tuple[str, ...]:
    """The lanes, normalised, that a surface comes to which has been in others."""
    had = {parts[:1] for parts in (*before.ever_held, *(k.parts for k in before.keys))}
    new = {key.parts[:1] for key in after.keys} - had
    return tuple(sorted("".join(lane) for lane in new)) if had else ()


def _level(step: Step, act: Act) -> Severity | None:
    """How hard it weighs that too few agree; None where nobody has to.

    What anybody may do after a lapse, a steward may then do alone.
    """
    if act.name != "evict" or not may_after_lapse(step):
        return Severity.REJECT
    sign = step.context.signs(step.before.id)
    if sign is Lapse.UNKNOWN:
        return step.context.unknown
    lapsed = sign is Lapse.LAPSED and not comes_second(step)
    return None if lapsed else Severity.REJECT


def _wanted(step: Step, act: Act) -> str:
    seat, number = printable(step.post.seat), step.policy.stewards_sign
    many = "a steward signs" if number == 1 else f"{number} stewards sign"
    stewards = printable(", ".join(step.policy.stewards), 300)
    command = f"fleetfeed approve {step.before.id} {act.words} --by {seat}"
    todo = f"`{command}` prints the approval of one of {stewards}"
    message = f"{seat} {act.told}, which wants that {many}"
    given = "`--approval` (by hand: `git commit --trailer`) hands it in"
    return f"{message}: {todo}, and {given}"


def given(speaker: Speaker, act: str, policy: Policy) -> str:
    """How many stewards there are for `act`, and why others do not count."""
    there = stewards_among(speaker, act, policy)
    count = f"{there} of {policy.stewards_sign} stewards stand behind it"
    if not speaker.stewards(policy.stewards):
        count = f"{count}, and {speaker.who} speaks for none"
    return "; ".join((count, *uncounted(speaker, act, policy)))


def stewards_among(speaker: Speaker, act: str, policy: Policy) -> int:
    """How many stewards stand behind `act`: `speaker`, and who has agreed to it.

    One key is one of them, whatever seats it speaks for, and one seat is one, whoever
    speaks for it.
    """
    agreeing = (one.by for one in speaker.approvals if _is_for(one, act))
    return stewards_behind((speaker, *agreeing), policy)


def uncounted(speaker: Speaker, act: str, policy: Policy) -> Iterator[str]:
    """A sentence for each approval that does not count for `act`, and why."""
    counted = [speaker]
    for one in speaker.approvals:
        which = f"the approval of {one.by.who}"
        if one.by.flaw:
            yield f"an approval {one.by.flaw.words}"
        elif not _is_for(one, act):
            yield f"{which} is for another act ({printable(one.act, 200)})"
        elif one.by.id in [known.id for known in counted]:
            yield f"{which} is by a key that is counted already"
        elif _root(one.by) in [_root(known) for known in counted]:
            yield f"{which} is by the word of an authority that is counted already"
        elif not one.by.stewards(policy.stewards):
            yield f"{which} is by no steward"
        elif stewards_behind((*counted, one.by), policy) == stewards_behind(
            counted, policy
        ):
            yield f"{which} is by a steward who is counted already"
        else:
            counted.append(one.by)


def _is_for(approval: Approval, act: str) -> bool:
    return not approval.by.flaw and approval.act.casefold() == act.casefold()


def stewards_behind(speakers: Iterable[Speaker], policy: Policy) -> int:
    """How many stewards these are: one for each key, and for each seat.

    All whom one authority certifies are one: whoever has it can be each of them.
    """
    every = tuple(speakers)
    return min(_apart(every, policy, _key), _apart(every, policy, _root))


def _apart(
    speakers: tuple[Speaker, ...], policy: Policy, by: Callable[[Speaker], str]
) -> int:
    """How many stewards they are, where those with the same key `by` are one."""
    seats: dict[str, frozenset[str]] = {}
    for each in speakers:
        own = each.stewards(policy.stewards)
        seats[by(each)] = seats.get(by(each), frozenset()) | own
    return _matched(list(seats.values()))


def _key(speaker: Speaker) -> str:
    return speaker.id


def _root(speaker: Speaker) -> str:
    """The key, or the authority's, without which they would speak for nobody."""
    return speaker.authority or speaker.id


def _matched(wanted: list[frozenset[str]]) -> int:
    """The most of `wanted` that can have one of theirs each, and no two the same."""
    takers: dict[str, int] = {}

    def takes(one: int, tried: set[str]) -> bool:
        for seat in sorted(wanted[one] - tried):
            tried.add(seat)
            if seat not in takers or takes(takers[seat], tried):
                takers[seat] = one
                return True
        return False

    return sum(takes(one, set()) for one in range(len(wanted)))
