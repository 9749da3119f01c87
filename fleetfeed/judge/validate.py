"""The one judging function, which every check uses."""

from collections import defaultdict
from collections.abc import Iterator

from fleetfeed.feed.diff import Change
from fleetfeed.feed.objects import PLAIN, Entry
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.surface_index import IN_LINE
from fleetfeed.judge import (
    dependencies,
    epochs,
    fields,
    paths,
    proof,
    surfaces,
    transitions,
)
from fleetfeed.judge.collisions import collisions
from fleetfeed.judge.numbers import far_numbers, gaps
from fleetfeed.judge.step import JudgeContext, Step, StepRule
from fleetfeed.model.findings import Finding, Severity, in_order
from fleetfeed.model.identity import Speakers
from fleetfeed.model.item import history
from fleetfeed.model.layout import NotePath, PostPath, RulePath
from fleetfeed.model.liveness import Sign, Signs
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Unreadable

STEP_RULES: tuple[StepRule, ...] = (
    transitions.authority,
    dependencies.no_cycle,
    dependencies.begun_upon_done,
    epochs.same_subject,
    epochs.right_epoch,
    epochs.repairs,
    fields.known_fields,
    fields.fleet_fields,
    fields.first_subject,
    fields.known_prefix,
    fields.one_holder,
    fields.allowed_lease,
    surfaces.key_shape,
    surfaces.inherited_shape,
    surfaces.known_names,
    surfaces.no_self_overlap,
    surfaces.wanted_surface,
    proof.proof,
)
"""What every new post is judged by, one post after the other."""


def asked_rules(policy: Policy) -> tuple[StepRule, ...]:
    """What a policy asks for beside STEP_RULES."""
    more: tuple[StepRule, ...] = ()
    if policy.lane_seats or policy.roster is not None:
        from fleetfeed.judge import lanes  # few policies ask for it

        more = (lanes.lane_seats, lanes.roster)
    if policy.agreed:
        from fleetfeed.judge.agreement import agreement

        more = (*more, agreement)
    return more


def validate(
    before: Snapshot,
    after: Snapshot,
    policy: Policy,
    signs: Signs,
    unknown: Severity = Severity.REJECT,
    *,
    speakers: Speakers | None = None,
) -> tuple[Finding, ...]:
    """All that is wrong with going from `before` to `after` under `policy`.

    `unknown` is the severity where a lapse is needed and `signs` cannot tell;
    `speakers` say who brought the new posts and notes, where anybody asks. Raises
    CannotTell where an object is missing, MalformedTree where `before` is malformed.

    What was found without a look at any sign is found whatever the signs are, and who
    plans a post asks before it is sent: so it is remembered.
    """
    asked = (before, policy, unknown)
    if speakers is None:
        for known, found in after.judged:
            if all(was is now for was, now in zip(known, asked, strict=True)):
                return found
    looked = list[str]()

    def signs_of(item: str) -> Sign:
        looked.append(item)
        return signs(item)

    context = JudgeContext(policy, signs_of, unknown, before, after, speakers)
    found = _found(context)
    if speakers is None and not looked:
        after.judged.append((asked, found))
    return found


def _found(context: JudgeContext) -> tuple[Finding, ...]:
    before, after = context.before, context.after
    changed, _ = paths.take_until_limit(before.changes_to(after))
    # Of a tree that readers disagree about nothing more can be told.
    unclear = [paths.malformed(change, after) for change in changed if change.malformed]
    if unclear:
        return in_order(unclear)
    return in_order(_until_hopeless(_judge(changed, context)))


MOST_REFUSED = 1000
"""What rejects in one push, behind which nobody looks on.

Of a thousand claims on one surface each collides with all others.
"""


def _until_hopeless(found: Iterator[Finding]) -> Iterator[Finding]:
    """What is `found`, until so much of it rejects that more helps nobody."""
    refused = 0
    for each in found:
        yield each
        refused += each.rejects
        if refused == MOST_REFUSED:
            return


def _judge(changed: list[Change], context: JudgeContext) -> Iterator[Finding]:
    """What is wrong with all that is changed, as far as somebody asks."""
    before, after, policy = context.before, context.after, context.policy
    after.tree.expect(_new_notes(changed))
    sound: paths.SoundNotes = set()
    for change in changed:
        yield from paths.judge_path(change, before, after, policy, sound)
    if any(isinstance(change.kind, RulePath) for change in changed):
        from fleetfeed.judge.rule_changes import lawful_rules  # rules change seldom

        yield from lawful_rules(after, changed)
    if context.speakers:
        from fleetfeed.judge.identity import not_spoken_for

        yield from not_spoken_for(changed, after, policy, context.speakers)
    yield from paths.case_collisions(after, changed)
    new = _new_posts(changed)
    after.tree.expect(file for posts in new.values() for file in posts.values())
    new_items = [item for item in new if not before.item(item).newest]
    yield from far_numbers(before, after, new_items, policy.max_gap)
    for item, posts in new.items():
        yield from _judge_item(item, list(posts), context)


def _new_notes(changed: list[Change]) -> Iterator[Entry]:
    for change in changed:
        if isinstance(change.kind, NotePath) and change.new and not change.old:
            yield change.new


def _new_posts(changed: list[Change]) -> dict[str, dict[int, Entry]]:
    """The files of each item's new posts, by their numbers."""
    new: dict[str, dict[int, Entry]] = defaultdict(dict)
    for change in changed:
        post, file = change.kind, change.new
        plain = file and file.mode == PLAIN and not change.old
        if file and plain and isinstance(post, PostPath):
            new[post.item][post.number] = file
    return new


def _judge_item(
    item: str, numbers: list[int], context: JudgeContext
) -> Iterator[Finding]:
    """What is wrong with an item's new posts, and with what they take."""
    before, after = context.before, context.after
    now, posts = before.item(item), after.posts(item, frozenset(numbers))
    yield from gaps(after, item, now.newest, numbers)
    steps = []
    for was, post, following in history(now, posts):
        if isinstance(post, Unreadable):
            yield from post.findings
        else:
            steps.append(Step(was, post, following, context))
    rules = STEP_RULES + asked_rules(context.policy)
    for step in steps:
        for rule in rules:
            yield from rule(step)
        if _meets_a_line(step):
            from fleetfeed.judge import line  # late: most posts meet none

            yield from line.turn_number(step)
            yield from line.not_your_turn(step)
    yield from collisions(steps)


def _meets_a_line(step: Step) -> bool:
    """Whether a post takes a place in line, or a surface that others wait for."""
    if "TURN" in step.post.fields:
        return True
    acquired = step.acquired
    if not acquired:
        return False
    resting = step.context.after.resting.under(step.policy.families)
    holds = (hold for key in acquired for hold in resting.overlapping(key))
    return any(hold.state == IN_LINE for hold in holds)
