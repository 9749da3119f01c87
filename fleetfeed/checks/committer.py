"""Who a commit that is not made yet will come from, by the key that will sign it.

By reading the key and the feed's signers, without a process: whether it has been
revoked, and whether a signature is one, the server says.

Whether git will sign is known only as far as its settings go: `git commit -S` is not
told to a hook. So what will not be signed is a warning, which the push turns into a
refusal, and a key that may not speak for the seat is refused at the commit.
"""

import time
from collections.abc import Iterable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import Refused
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.grants import grants, name_of, seats
from fleetfeed.model.identity import Flaw, Speaker, Speakers
from fleetfeed.model.layout import SIGNERS
from fleetfeed.model.signers import read_signers
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.signing import SigningKey, git_signing, unsigned_by_git

COMMIT, UNSIGNED = "this commit", "FF602"


def own_speaker(key: SigningKey, rules: Snapshot, now: float) -> Speaker:
    """Whom `key` is taken for by the signers in `rules`, `now` (seconds since 1970)."""
    path = rules.tree.display_path(SIGNERS)
    signers, findings = read_signers(rules.tree.read(SIGNERS) or b"", path)
    if signers is None:
        at = findings[0].place
        why = f"{at.path}:{at.line} cannot be read: {findings[0].message}"
        return Speaker(COMMIT, flaw=Flaw("FF616", f"cannot be verified, since {why}"))
    granted = grants(signers, key.public, "git", int(now))
    if isinstance(granted, Flaw):
        return Speaker(COMMIT, flaw=granted)
    name = name_of(key.public, (grant.principal for grant in granted))
    return Speaker(name, key.public.fingerprint, seats(granted))


def require_taken(key: SigningKey, rules: Snapshot, now: float) -> None:
    """Refused where the signers in `rules` take `key` for nobody: before it is sent."""
    speaker = own_speaker(key, rules, now)
    if speaker.flaw:
        message = f"{speaker.who} {speaker.flaw.words}"
        found = finding(speaker.flaw.code, Place(key.setting), message)
        raise Refused(found.sentence, (found,))


def committer(repo: Repo, rules: Snapshot) -> Speakers:
    """Whom git would sign as, by the signers of the feed `rules`."""
    missing = unsigned_by_git(repo)
    key = None if missing else git_signing(repo)
    if key:
        speaker = own_speaker(key, rules, time.time())
    else:
        todo = " && ".join(missing)
        words = f"will not be signed unless by `git commit -S`; `{todo}` has git do it"
        speaker = Speaker(COMMIT, flaw=Flaw(UNSIGNED, words))
    return lambda _: (speaker,)


def as_far_as_known(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """`findings`; that a commit is not signed as a warning, since it may be."""
    return tuple(f.softened() if f.code == UNSIGNED else f for f in findings)
