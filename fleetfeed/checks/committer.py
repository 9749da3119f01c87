"""Who a commit that is not made yet will come from, by the key that will sign it.

By reading the key and the feed's signers, without a process: whether it has been
revoked, and whether a signature is one, the server says.

Whether git will sign is known only as far as its settings go: `git commit -S` is not
told to a hook. So what will not be signed is a warning, which the push turns into a
refusal, and a key that may not speak for the seat is refused at the commit.
"""

import time
from collections.abc import Iterator, Sequence

from fleetfeed.checks.three_way import ThreeWay, is_post_or_note, same
from fleetfeed.feed.diff import Change
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.judge.identity import unspoken
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import Refused
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.grants import authority_of, grants, name_of, seats
from fleetfeed.model.identity import Flaw, Speaker
from fleetfeed.model.layout import SIGNERS, RulePath
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Note, Post
from fleetfeed.model.signers import MEND, read_signers
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.signing import (
    SigningKey,
    certificate_beside,
    git_signing,
    quoted,
    unsigned_by_git,
)
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace

_COMMIT, _UNSIGNED = "this commit", "FF602"
_UNKNOWN, _UNREAD = "FF603", "FF616"


def own_speaker(
    key: SigningKey, rules: Snapshot, now: float, namespace: str = "git"
) -> Speaker:
    """Whom `key` is taken for by the signers in `rules`, `now` (seconds since 1970)."""
    path = rules.tree.display_path(SIGNERS)
    signers, findings = read_signers(rules.tree.read(SIGNERS) or b"", path)
    if signers is None:
        at = findings[0].place
        why = f"{at.path}:{at.line} cannot be read ({findings[0].message}); {MEND}"
        return Speaker(_COMMIT, flaw=Flaw(_UNREAD, f"cannot be verified, since {why}"))
    granted = grants(signers, key.public, namespace, int(now))
    if isinstance(granted, Flaw):
        return Speaker(_COMMIT, flaw=_named(key, granted))
    name = name_of(key.public, (grant.principal for grant in granted))
    by = authority_of(key.public)
    return Speaker(name, key.public.fingerprint, seats(granted), authority=by)


def _named(key: SigningKey, flaw: Flaw) -> Flaw:
    """`flaw`, and what to do where the certificate is there and was not named."""
    certified = "" if key.public.certificate else certificate_beside(key.name)
    if flaw.code != _UNKNOWN or not certified:
        return flaw
    why, _, _ = flaw.words.partition("; ")
    name = printable(certified, 300)
    todo = f"`git config {key.setting} {quoted(name)}` has its certificate count"
    return Flaw(flaw.code, f"{why}; {todo}")


def require_taken(key: SigningKey, rules: Snapshot, now: float) -> None:
    """Refused where the signers in `rules` take `key` for nobody: before it is sent."""
    speaker = own_speaker(key, rules, now)
    if speaker.flaw:
        message = f"{speaker.who} {speaker.flaw.words}"
        found = finding(speaker.flaw.code, Place(key.setting), message)
        raise Refused(found.sentence, (found,))


def by_committer(
    repo: Repo, trees: ThreeWay, policy: Policy, sides: Sequence[FeedTree]
) -> tuple[Finding, ...]:
    """What is wrong with who commits the posts and rules of `trees`, by `policy`.

    What is published, or comes from one of the `sides` that are merged, was brought by
    others. How many stewards approve is said in the message, which no hook sees yet.
    """
    published = (*sides, *([trees.upstream.tree] if trees.upstream else []))
    own = [
        change
        for change in trees.changed
        if not any(same(tree.entry(change.path), change.new) for tree in published)
    ]
    posts = [change for change in own if change.new and is_post_or_note(change)]
    rules = [change for change in own if isinstance(change.kind, RulePath)]
    if not posts and not rules:
        return ()
    old = trees.upstream or (trees.base if trees.base.tree.root else trees.planned)
    speaker, found = _committer(repo, old), list[Finding]()
    if speaker.flaw and speaker.flaw.code == _UNREAD and not posts and repo.head:
        from fleetfeed.checks.rule_book import RuleBook  # late: it is no daily matter

        # What mends the signers is judged by the last ones, as at the push.
        speaker = _committer(repo, RuleBook(repo).at(repo.head, repo.head).feed)
    for change in posts:
        post = trees.planned.post_or_note(change.path)
        if isinstance(post, Post | Note):
            found += unspoken(post, policy, (speaker,))
    if rules:
        found += _by_no_steward(trees.planned, rules, policy, speaker)
    return tuple(f.softened() if f.code == _UNSIGNED else f for f in found)


def _by_no_steward(
    planned: Snapshot, rules: Sequence[Change], policy: Policy, speaker: Speaker
) -> Iterator[Finding]:
    from fleetfeed.judge.rule_changes import not_by_stewards, rule_name

    alone = replace(policy, stewards_sign=1)
    for change in rules:
        place = Place(planned.tree.display_path(change.path))
        yield from not_by_stewards(alone, speaker, "", place, rule_name(change.path))


def _committer(repo: Repo, rules: Snapshot) -> Speaker:
    """Whom git would sign as, by the signers of the feed `rules`."""
    missing = unsigned_by_git(repo)
    key = None if missing else git_signing(repo)
    if key:
        return own_speaker(key, rules, time.time())
    todo = " && ".join(missing)
    words = f"will not be signed unless by `git commit -S`; `{todo}` has git do it"
    return Speaker(_COMMIT, flaw=Flaw(_UNSIGNED, words))
