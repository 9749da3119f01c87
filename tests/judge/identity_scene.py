"""A scene whose feed is signed: keys, and commits by them."""

import atexit
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path

from harness import path
from harness.signing import Key, revoking
from judge.rule_scene import BEATS, Found, Scene

from fleetfeed.model.approval import ApprovalText, feed_name, rules_act, trailer
from fleetfeed.model.pusher import Pusher

POLICY, SIGNERS, REVOKED = (
    f"feed/{name}" for name in ("policy.yaml", "allowed_signers", "revoked_keys")
)
OTHER = path("CMB-0002")
SIGNED = "identity: {mode: signed}\nstewards: [FLEET-01, FLEET-02]\n"
TWO = SIGNED + "stewards_sign: 2\n"
AGREED = TWO + "agreed: [evict]\n"
EVICT = "evict CMB-0001 at epoch 1, post 1, by FLEET-01"
PUSHED = "identity: {mode: pusher}\nstewards: [FLEET-01]\nlogins: {alice: [CAMBER-06], frank: [FLEET-01]}\n"
_SEATS = ("FLEET-01", "FLEET-02", "CAMBER-06", "CAMBER-07")


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="keys"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def key(name: str) -> Key:
    """The key of a seat, of the authority `ca`, or of a `stranger`."""
    return Key.make(_folder(), name)


def certificate(*principals: str, valid: str) -> Key:
    """A certificate of the authority for the stranger's key."""
    return key("ca").certify(key("stranger"), *principals, valid=valid)


def signers() -> str:
    """The feed's `allowed_signers`."""
    rows = [f"{name} {key(name).public}\n" for name in _SEATS]
    return "".join([*rows, f"* cert-authority {key('ca').public}\n"])


def guarded(s: Scene, policy: str = SIGNED, revoked: tuple[str, ...] = ()) -> Scene:
    """The scene with a policy that asks who it was, as it is published."""
    s.commit({POLICY: policy, SIGNERS: signers()})
    if revoked:
        keys = (key(name) for name in revoked)
        (s.repo.folder / REVOKED).write_bytes(revoking(_folder(), *keys))
        s.repo.commit()
    s.published = s.tip
    s.repo.git("update-ref", "refs/remotes/origin/main", s.published)
    return s


def by(
    s: Scene, who: Key | None, files: dict[str, str | None], message: str = ""
) -> str:
    """A commit of `files` that this key signs; the message may bring trailers."""
    for name, text in files.items():
        s.repo.write(name, text or "")
    s.repo.git("add", "-A")
    signed = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={who and who.file}")
    how = (*signed, "commit", "-S") if who else ("commit", "--no-gpg-sign")
    s.repo.git(
        *how, "-q", "--no-verify", "-m", "a step", *(("-m", message) * bool(message))
    )
    return s.tip


def pushed(s: Scene, who: Key | None, files: dict[str, str | None]) -> Found:
    """What is said of a push of one such commit."""
    return s.push(by(s, who, files))


def moved(s: Scene, files: dict[str, str | None]) -> Found:
    """What is said of a commit whose signature was made for another one."""
    commit = by(s, key("CAMBER-06"), files)
    raw = s.repo.git("cat-file", "commit", commit).stdout
    other = raw.replace("a step", "another")
    stored = s.repo.git("hash-object", "-w", "-t", "commit", "--stdin", stdin=other)
    return s.push(stored.stdout.strip())


def approved(s: Scene, policy: str) -> Found:
    """What is said of a policy that FLEET-01 changes and FLEET-02 approves."""
    before = {
        name: (s.repo.folder / "feed" / name).read_bytes()
        for name in ("policy.yaml", "allowed_signers")
    }
    act = rules_act(before, {**before, "policy.yaml": policy.encode()})
    return s.push(by(s, key("FLEET-01"), {POLICY: policy}, approval(act)))


def approval(act: str, name: str = "FLEET-02") -> str:
    """The line by which that seat approves an act for an hour."""
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    text = str(ApprovalText(feed_name("feed", "refs/heads/main"), act, until)).encode()
    return trailer(text + key(name).sign(text, "fleetfeed"))


def evicted(s: Scene, files: dict[str, str | None], *approvals: str) -> Found:
    """What is said of a claim of CAMBER-06 that FLEET-01 takes with these approvals."""
    lines = "\n".join(approval(act) for act in approvals)
    return s.push(by(s, key("FLEET-01"), files, lines))


def ahead(s: Scene, files: dict[str, str | None]) -> Found:
    """What is said of a signed commit that is dated tomorrow."""
    date = f"{int(time.time()) + 86400} +0000"
    for name, text in files.items():
        s.repo.write(name, text or "")
    s.repo.git("add", "-A")
    signed = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key('CAMBER-06').file}")
    s.repo.git(
        *signed, "commit", "-q", "-S", "-m", "a step", env={"GIT_COMMITTER_DATE": date}
    )
    return s.push(s.tip)


def merged(s: Scene, files: dict[str, str | None]) -> Found:
    """What is said of a push that merges the feed ref into a branch of one's own."""
    tip = s.published
    s.repo.git("checkout", "-q", "-b", "own", f"{tip}^")
    by(s, key("CAMBER-06"), files)
    s.repo.git("merge", "-q", "--no-ff", "--no-edit", "--no-verify", tip)
    return s.push(s.tip)


def received(s: Scene, login: str | None, files: dict[str, str | None]) -> Found:
    """What the server says of posts that `login` pushes (None: it cannot tell)."""
    commit = by(s, None, files)
    return s.receive(s.moved(commit), pusher=Pusher(login) if login else None)


def beaten(s: Scene, login: str) -> Found:
    """What the server says of a beat of CAMBER-06's claim that `login` pushes."""
    text = "ITEM: CMB-0001\nEPOCH: 1\nOP: -\nBEAT: 0\n"
    stored = s.repo.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
    return s.receive((None, stored, BEATS), pusher=Pusher(login))
