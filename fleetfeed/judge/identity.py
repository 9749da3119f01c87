"""Whether whoever brought a post or a note may speak for its SEAT."""

from collections.abc import Iterable, Iterator

from fleetfeed.feed.diff import Change
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.identity import Flaw, Speaker, Speakers
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Note, Post
from fleetfeed.util.printable import printable


def not_spoken_for(
    changed: Iterable[Change], after: Snapshot, policy: Policy, speakers: Speakers
) -> Iterator[Finding]:
    """What is wrong with who brought the new posts and notes among `changed`."""
    for change in changed:
        if (
            change.new
            and not change.old
            and isinstance(change.kind, PostPath | NotePath)
        ):
            found = after.post_or_note(change.path)
            if isinstance(found, Post | Note):
                yield from unspoken(found, policy, speakers(change.path))


def unspoken(
    post: Post | Note, policy: Policy, speakers: tuple[Speaker, ...]
) -> Iterator[Finding]:
    """What is wrong with `post` having been brought by each of `speakers`."""
    item = post.item
    for speaker in speakers or (_NOBODY,):
        if speaker.flaw:
            message = f"{_act(post)}: {speaker.who} {speaker.flaw.words}"
            yield finding(speaker.flaw.code, Place(post.path), message, item=item)
        elif not speaker.speaks_for(post.seat):
            place = post.places["SEAT"]
            yield finding("FF601", place, _refusal(post, policy, speaker), item=item)


_UNKNOWN = "is known to have brought it; push it in a commit of its own"
_NOBODY = Speaker("nobody", flaw=Flaw("FF602", _UNKNOWN))


def _refusal(post: Post | Note, policy: Policy, speaker: Speaker) -> str:
    seat, who = printable(post.seat), speaker.who
    message = f"{who} may not speak for {seat}, who {_act(post)}"
    todo = f"ask {of_stewards(policy)} to give it {seat}"
    if not speaker.seats:
        return f"{message}; it speaks for no seat: {todo}"
    own = printable(", ".join(speaker.seats), 300)
    return f"{message}; it speaks for {own}: post as that (`--seat`), or {todo}"


def of_stewards(policy: Policy) -> str:
    """Whom to ask for a change of the rules."""
    if not policy.stewards:
        return "the server's keeper"
    return f"a steward ({printable(', '.join(policy.stewards), 300)})"


def _act(post: Post | Note) -> str:
    """What a post does, in words that go behind its seat."""
    if isinstance(post, Note):
        return f"writes a note on {post.item}" if post.item else "writes a note"
    return f"says {post.state.value} on {post.item}"
