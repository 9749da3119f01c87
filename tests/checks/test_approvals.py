"""What the messages of commits bring of approvals, and which of them are in force."""

import time

import pytest
from harness.signing import Key, between, revoking
from judge.gen_feeds import snapshot

from fleetfeed.checks.approvals import approvals, verifier
from fleetfeed.checks.signatures import Keyring
from fleetfeed.model.approval import ApprovalText, trailer
from fleetfeed.model.identity import Flaw, Speaker

FEED = "feed on refs/heads/main"
ACT = "evict CMB-0001 at epoch 1, post 2, by FLEET-01"
NOON = 1_796_212_800  # 2026-12-02T12:00:00Z
SIGNER = Speaker("key two", "two", ("FLEET-02",))


def text(feed=FEED, act=ACT, until="2026-12-02T13:00:00Z"):
    return (
        str(ApprovalText(feed, act, until)).encode()
        + b"-----BEGIN SSH SIGNATURE-----\n"
    )


def brought(*texts, signer=SIGNER, now=NOON):
    message = "evicts\n\n" + "".join(f"{trailer(one)}\n" for one in texts)
    asked = []

    def verify(signed, times):
        asked.append((list(signed), list(times)))
        return [signer for _ in signed]

    (found,) = approvals([message.encode()], FEED, verify, [now])
    assert asked == [(list(texts), [now] * len(texts))]
    return found


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        (text(), "", ""),
        (text(until="2026-12-02T12:00:00Z"), "", ""),
        (text(until="2026-12-02T11:59:59Z"), "FF613", "good until 2026-12-02T11:59:59Z"),
        (text(until="2026-13-02T11:59:59Z"), "FF613", "no time"),
        (text(until="9"), "FF613", "no time"),
        (text(feed="ops on refs/heads/main"), "FF613", "another feed (ops on refs"),
        (text().replace(b"approval", b"beat"), "FF613", "cannot be read"),
        (text().replace(b"Z\n", b"Z\nmore: 1\n"), "FF613", "cannot be read"),
        (b"\xff" + text(), "FF613", "cannot be read"),
        (b"x", "FF613", "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_not_in_force_says_why(given, code, why):
    (found,) = brought(given)
    if code:
        assert (found.by.flaw.code, why in found.by.flaw.words) == (code, True)
    else:
        assert (found.act, found.by) == (ACT, SIGNER)


def test_a_signers_flaw_stays():
    flaw = Flaw("FF605", "has been revoked")
    (found,) = brought(
        text(until="2026-12-01T00:00:00Z"), signer=Speaker("key", flaw=flaw)
    )
    assert found.by.flaw == flaw


def test_who_verifies_is_asked_once_for_all_commits_and_not_for_none():
    asked = []

    def verify(signed, times):
        asked.append(list(times))
        return [SIGNER for _ in signed]

    plain, one = b"subject\n\nbody\n", f"subject\n\n{trailer(text())}\n".encode()
    assert approvals([plain, plain], FEED, verify, [1, 2]) == [(), ()]
    assert asked == []
    found = approvals([one, plain, one], FEED, verify, [1, 2, NOON])
    assert [len(row) for row in found] == [1, 0, 1]
    assert asked == [[1, NOON]]


NOW = time.time()
LATER = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW + 3600))


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {
        name: Key.make(folder, name)
        for name in ("two", "ca", "lost", "new", "stranger")
    }


@pytest.fixture(scope="module")
def ring(keys, tmp_path_factory):
    """The keys of FLEET-02 (`two`) and FLEET-03 (`lost`, revoked), and an authority."""
    rows = (f"FLEET-02 {keys['two'].public}", f"FLEET-03 {keys['lost'].public}",
            f'* cert-authority,namespaces="git,fleetfeed" {keys["ca"].public}')  # fmt: skip
    signers = "".join(f"{row}\n" for row in rows)
    revoked = revoking(tmp_path_factory.mktemp("krl"), keys["lost"])
    return Keyring.of(
        snapshot({"feed/allowed_signers": signers, "feed/revoked_keys": revoked})
    )


def test_who_signed_an_approval_and_why_not(keys, ring):
    data = str(ApprovalText(FEED, ACT, LATER)).encode()
    other = data.replace(b"0001", b"0002")
    lasting, over = (
        keys["ca"].certify(
            keys["new"], "FLEET-04", valid=between(NOW + start, NOW + end)
        )
        for start, end in ((-60, 3600), (-7200, -3600))
    )
    rows = [
        (data + keys["two"].sign(data, "fleetfeed"), "", "FLEET-02"),
        (data + lasting.sign(data, "fleetfeed"), "", "FLEET-04"),
        (data, "is not signed", ""),
        (data + keys["stranger"].sign(data, "fleetfeed"), "does not know", ""),
        (data + over.sign(data, "fleetfeed"), "expired", ""),
        (data + keys["lost"].sign(data, "fleetfeed"), "revoked", ""),
        (data + keys["two"].sign(data, "git"), "for git where one for fleetfeed", ""),
        (data + keys["two"].sign(other, "fleetfeed"), "not over this", ""),
    ]
    message = "x\n\n" + "".join(f"{trailer(text)}\n" for text, _, _ in rows)
    (found,) = approvals([message.encode()], FEED, verifier(ring), [NOW])
    for one, (_, why, seat) in zip(found, rows, strict=True):
        assert bool(one.by.flaw) is bool(why)
        assert seat == "" or one.by.speaks_for(seat)
        assert one.by.flaw is None or why in one.by.flaw.words, one.by
    # Whoever looks later goes by the time of the commit.
    (was,) = approvals(
        [message.encode()], FEED, verifier(ring, now=False), [NOW - 5400]
    )
    assert was[4].by.flaw is None
    assert was[4].by.speaks_for("FLEET-04")
