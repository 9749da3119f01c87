"""What the messages of commits bring of approvals, and which of them are in force."""

import pytest

from fleetfeed.checks.approvals import approvals
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
