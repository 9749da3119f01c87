"""Acts that one seat alone may not do: how many stewards stand behind one.

Whoever writes or pushes is one of them, if a steward; the others have signed that they
agree to this very act (`model.approval`).
"""

from collections.abc import Iterable, Iterator

from fleetfeed.model.identity import Approval, Speaker
from fleetfeed.model.policy import Policy
from fleetfeed.util.printable import printable


def stewards_among(speaker: Speaker, act: str, policy: Policy) -> int:
    """How many stewards stand behind `act`: `speaker`, and who has agreed to it.

    One key is one of them, whatever seats it speaks for, and one seat is one, whoever
    speaks for it.
    """
    agreeing = (one.by for one in speaker.approvals if _is_for(one, act))
    return _stewards((speaker, *agreeing), policy)


def uncounted(speaker: Speaker, act: str, policy: Policy) -> Iterator[str]:
    """Why an approval that is there does not count for `act`, for each such."""
    counted = [speaker]
    for one in speaker.approvals:
        who = f"that of {one.by.who}" if one.by.who else "one"
        if one.by.flaw:
            yield f"{who} {one.by.flaw.words}"
        elif not _is_for(one, act):
            yield f"{who} is for another act ({printable(one.act, 200)})"
        elif one.by.id in [known.id for known in counted]:
            yield f"{who} is by the same key as another"
        elif not one.by.stewards(policy.stewards):
            yield f"{who} is by no steward"
        elif _stewards((*counted, one.by), policy) == _stewards(counted, policy):
            yield f"{who} is by a steward who is counted already"
        else:
            counted.append(one.by)


def _is_for(approval: Approval, act: str) -> bool:
    return not approval.by.flaw and approval.act.casefold() == act.casefold()


def _stewards(speakers: Iterable[Speaker], policy: Policy) -> int:
    seats: dict[str, frozenset[str]] = {}
    for each in speakers:
        own = each.stewards(policy.stewards)
        seats[each.id] = seats.get(each.id, frozenset()) | own
    return _matched(list(seats.values()))


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
