"""Who signed the commits of a push or of a history, and what others approved of it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from fleetfeed.checks.approvals import approvals, verifier
from fleetfeed.checks.patch import Patch
from fleetfeed.checks.rule_book import RuleBook, Rules
from fleetfeed.checks.signatures import Keyring, Signed, signed_commit, speakers
from fleetfeed.model import layout
from fleetfeed.model.approval import feed_name
from fleetfeed.model.identity import Flaw, Speaker
from fleetfeed.model.layout import PostPath
from fleetfeed.model.policy import Policy
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import replace

AHEAD = 300
"""Seconds that a commit may be dated later than the server's clock."""

MOST_SIGNED = 5000
"""Signed commits that are verified for one push: some half a minute."""

_LONGEST = 1 << 20
"""Bytes of a commit that are read: a signature over more cannot be verified."""

Times = Callable[[str], float]
"""From a commit to the time, in seconds of UTC, at which it is to be verified."""


def commit_signers(
    repo: Repo, rules: Rules, patches: Sequence[Patch], at: Times | None
) -> list[Speaker]:
    """Who signed the commit of each of `patches` by `rules`, with what others approved.

    A push is refused by one commit, so behind the first some no more are verified.
    """
    if not at and len(patches) > MOST_SIGNED:
        return _too_many(patches, rules.policy.ref)
    keyring, found = rules.keyring or Keyring.of(rules.feed), list[Speaker]()
    feed = feed_name(repo.folder, rules.policy.ref)
    for some in _bundled(repo, patches):
        found += _bundle_signers(rules, keyring, feed, some, at)
        unread = next(
            (s.flaw for s in found if s.flaw and s.flaw.code == _UNREAD), None
        )
        older = unread and RuleBook(repo).before(rules.commit, unread)
        if older and not rules.broken:
            return commit_signers(repo, older, patches, at)
        if not at and any(speaker.flaw for speaker in found):
            break
    left = patches[len(found) :]
    return [*found, *(Speaker(patch.words, flaw=_UNSEEN) for patch in left)]


def _too_many(patches: Sequence[Patch], ref: str) -> list[Speaker]:
    """FF606: nobody is told by a push of more than a server verifies in one."""
    first, *others = patches
    last = patches[MOST_SIGNED - 1].commit[:12]
    why = f"was not verified, since it is one of {len(patches)}, and one push may bring"
    todo = f"`git push REMOTE {last}:{ref}` first, then the rest"
    flaw = Flaw("FF606", f"{why} {MOST_SIGNED} signed commits; {todo}")
    unseen = (Speaker(patch.words, flaw=_UNSEEN) for patch in others)
    return [Speaker(first.words, flaw=flaw), *unseen]


_UNREAD = "FF616"
"""What ssh-keygen alone cannot read is known no sooner than it is asked."""
_UNSEEN = Flaw("FF606", "was not verified, since commits before it are refused")
_MOST_COMMITS, _MOST_BYTES = 256, 8 << 20


def _bundled(repo: Repo, patches: Sequence[Patch]) -> Iterator[dict[Patch, bytes]]:
    """Patches and the bytes of their commits, as many at once as memory has room."""
    some, size = dict[Patch, bytes](), 0
    for patch in patches:
        some[patch] = repo.objects.read(patch.commit, _LONGEST)[1]
        size += len(some[patch])
        if len(some) == _MOST_COMMITS or size > _MOST_BYTES:
            yield some
            some, size = {}, 0
    if some:
        yield some


def _bundle_signers(
    rules: Rules,
    keyring: Keyring,
    feed: str,
    commits: Mapping[Patch, bytes],
    at: Times | None,
) -> Iterator[Speaker]:
    """As `commit_signers`, of some patches, with the bytes of their commits."""
    signed = [_read_commit(raw, patch) for patch, raw in commits.items()]
    now = time.time()
    times = [at(patch.commit) for patch in commits] if at else None
    signers = speakers(keyring, signed, at=times)
    messages = [
        raw.partition(b"\n\n")[2] if _counts_others(patch, by, rules.policy) else b""
        for (patch, raw), by in zip(commits.items(), signers, strict=True)
    ]
    by_text = verifier(keyring, now=at is None)
    agreed = approvals(messages, feed, by_text, times or [now] * len(messages))
    for patch, one, speaker, said in zip(commits, signed, signers, agreed, strict=True):
        mends = patch.rules and not patch.posts
        flaw = speaker.flaw or (None if mends else rules.broken)
        flaw = flaw or (None if at else _ahead(one.dated - now))
        name = patch.words if flaw else speaker.who
        yield replace(speaker, who=name, flaw=flaw, approvals=said)


def _counts_others(patch: Patch, by: Speaker, policy: Policy) -> bool:
    """Whether it matters that others have agreed to what `by` has signed.

    Where it does not, nobody makes a server verify what he claims that they have.
    """
    if by.flaw:
        return False
    if patch.rules and policy.stewards_sign > 1 and by.stewards(policy.stewards):
        return True
    posts = (isinstance(layout.classify(path), PostPath) for path in patch.posts)
    return bool(policy.agreed) and any(posts)


def _read_commit(raw: bytes, patch: Patch) -> Signed:
    if len(raw) < _LONGEST:
        return signed_commit(raw, len(patch.commit))
    why = f"has {_LONGEST} bytes and more, which are not read; make its message shorter"
    return Signed(b"", flaw=Flaw("FF606", why))


def _ahead(seconds: float) -> Flaw | None:
    """FF615 where a commit is dated so much later than this clock."""
    if seconds <= AHEAD:
        return None
    from fleetfeed.util.durations import in_words  # late: few clocks are wrong

    why = f"is dated {in_words(seconds)} later than the server's clock"
    todo = "`git rebase -f -S` dates and signs anew what is not pushed yet"
    return Flaw("FF615", f"{why}; set the clock of that machine right, then {todo}")
