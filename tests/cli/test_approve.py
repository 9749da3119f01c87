"""`fleetfeed approve`: what is signed, and that the server counts it.

A real signed fleet: its server judges, and keys are OpenSSH's. How many stewards stand
behind an act is a table of its own (tests/judge/test_agreement.py).
"""

import shutil

import pytest
from cli.desk import Desk
from harness import path, post
from harness.signing import Key, signed_policy

ONE, TWO, SIX, SEVEN = "FLEET-01", "FLEET-02", "CAMBER-06", "CAMBER-07"
MORE = "stewards_sign: 2\nagreed: [evict, reopen, lane]"
KEY, PROOF = "CAMBER:file:src/1", "nobody else works on it"
EVICT = ("evict", "CMB-0001", "--force", "--reason", "its host is gone")
REOPEN = ("claim", "CMB-0002", "--reason", "it came back")
LANE = ("append", "CMB-0001", "--state", "IN_PROGRESS", "--surface", "ORA:file:src/1", "--proof", PROOF)  # fmt: skip


class Two:
    """A fleet in which two stewards sign; `key` is the second one's."""

    def __init__(self, signed, key):
        self.signed, self.key = signed, key

    def desk(self, name):
        """The clone of a seat, by plain git and by commands, brought up to the feed."""
        key = self.key if name == TWO else self.signed.key(name)
        seat = self.signed.seat(name, key)
        seat.git("config", "fleetfeed.seat", name)
        seat.git("pull", "-q", "--rebase")
        return Desk(name, seat, seat.folder)

    def approval(self, *words, by=TWO):
        """The line by which a steward approves."""
        return self.desk(by)("approve", *words).stdout.rstrip("\n")

    def pushed(self, desk, name, text, *trailers):
        """Commit a file by plain git, with these lines, and push it."""
        desk.seat.write(name, text)
        desk.seat.git("add", "-A")
        lines = [word for line in trailers for word in ("--trailer", line)]
        desk.seat.git("commit", "-q", "-m", "a change", *lines)
        return desk.seat.git("push", "-q", "origin", "HEAD:main", ok=None)


@pytest.fixture(scope="module")
def made(signed_template, tmp_path_factory):
    """CAMBER-06 has CMB-0001, CMB-0002 is done; never touched by a test."""
    folder = tmp_path_factory.mktemp("two")
    two = Two(signed_template.copy(folder / "fleet"), Key.make(folder, TWO))
    one, six = two.desk(ONE), two.desk(SIX)
    text = signed_policy(one.seat.holds("feed/policy.yaml"), f"{ONE}, {TWO}", MORE)
    one.seat.write(
        "feed/allowed_signers", two.signed.signers(f"{TWO} {two.key.public}")
    )
    assert two.pushed(one, "feed/policy.yaml", text).ok
    six("reserve", "CMB", "--subject", "one", "--surface", KEY, "--proof", PROOF)
    six("claim", "CMB-0001")
    six("reserve", "CMB", "--subject", "two")
    six("done", "CMB-0002")
    shutil.rmtree(two.signed.fleet.folder / "seats")
    return two


@pytest.fixture
def two(made, tmp_path):
    """A fleet in which two stewards sign; CAMBER-06 has CMB-0001, CMB-0002 is done."""
    return Two(made.signed.copy(tmp_path / "fleet"), made.key)


ACTS = [
    (ONE, EVICT, [TWO], ("CMB-0001", "evict", "--by", ONE)),
    (SEVEN, REOPEN, [ONE, TWO], ("CMB-0002", "reopen", "--by", SEVEN)),
    (SIX, LANE, [ONE, TWO], ("CMB-0001", "lane", "--to", "ORA", "--by", SIX)),
]


@pytest.mark.parametrize(
    ("seat", "act", "by", "asked"), ACTS, ids=("evict", "reopen", "lane")
)
def test_an_act_that_several_agree_to(two, seat, act, by, asked):
    desk = two.desk(seat)
    said = desk(*act, code=1).stderr
    assert "FF613" in said
    # What the refusal advises can be typed.
    assert f"`fleetfeed approve {' '.join(asked)}` prints" in said.replace(
        "--to ora", "--to ORA"
    )
    lines = [two.approval(*asked, by=steward) for steward in by]
    few = [word for line in lines[1:] for word in ("--approval", line)]
    assert "FF613" in desk(*act, *few, code=1).stderr
    desk(*act, *few, "--approval", lines[0].removeprefix("Approval: "))
    commit = desk.seat.git("log", "-1", "--format=%B", "origin/main").stdout
    assert commit.count("Approval: ") == len(lines)


def test_why_an_approval_does_not_count(two):
    desk, right = two.desk(ONE), ("CMB-0001", "evict", "--by", ONE)
    own = desk("approve", *right)
    assert "who is counted already; another steward has to approve" in own.stderr
    given = {
        "is by a key that is counted already": own.stdout,
        "is for another act (evict CMB-0001 at epoch 1, post 2, by FLEET-02)":
            two.approval("CMB-0001", "evict", "--by", TWO),
    }  # fmt: skip
    for why, line in given.items():
        said = desk(*EVICT, "--approval", line.strip(), code=1).stderr
        assert "1 of 2 stewards stand behind it; the approval of key SHA256:" in said
        assert why in said
    line = two.approval(*right)
    # Whoever shows a sign of life is not evicted by what was agreed to before.
    two.desk(SIX)("renew", "CMB-0001")
    said = desk(*EVICT, "--approval", line, code=1).stderr
    assert "at epoch 1, post 2, by FLEET-01)" in said
    said = desk(*EVICT, "--approval", line[:-9], code=2).stderr
    assert "is no approval; give the line that `fleetfeed approve` prints" in said


def test_a_change_of_the_rules_by_a_branch(two):
    one, other = two.desk(ONE), two.desk(TWO)
    policy = one.seat.holds("feed/policy.yaml")
    one.seat.git("checkout", "-q", "-b", "new-rules")
    one.seat.write("feed/policy.yaml", policy.replace("proof: warn", "proof: reject"))
    one.seat.commit("proofs count")
    one.seat.git("push", "-q", "origin", "new-rules")
    other.seat.git("fetch", "-q")
    told = other.json("approve", "origin/new-rules", "--for", "2h")
    (approved,) = told["approvals"]
    assert told["answer"] == "approved"
    assert "+proof: reject" in told["remarks"]
    assert approved["act"].startswith("rules ")
    said = one.seat.git("push", "-q", "origin", "HEAD:main", ok=None)
    assert "FF609" in said.stderr
    one.seat.git(
        "commit", "-q", "--amend", "--no-edit", "--trailer", approved["approval"]
    )
    # What is agreed to are the bytes: another commit on top of others is as good.
    two.desk(SIX)("note", "--body", "a note")
    one.seat.git("pull", "-q", "--rebase", "origin", "main")
    one.seat.git("push", "-q", "origin", "HEAD:main")
    other.seat.git("pull", "-q", "--rebase")
    said = other("approve", "HEAD", code=1).stderr
    assert "HEAD changes no rules of the feed on refs/heads/main" in said


def test_a_change_of_the_rules_that_is_staged(two):
    one, other = two.desk(ONE), two.desk(TWO)
    assert (
        "no change of the rules is staged" in one("approve", "--staged", code=1).stderr
    )
    text = one.seat.holds("feed/policy.yaml").replace("proof: warn", "proof: reject")
    one.seat.write("feed/policy.yaml", text)
    one.seat.git("add", "-A")
    line = one("approve", "--staged").stdout.strip()
    # A word less, and it is another change.
    said = two.pushed(other, "feed/policy.yaml", text.replace("7d", "8d"), line)
    assert "is for another act (rules " in said.stderr
    other.seat.git("reset", "-q", "--hard", "origin/main")
    assert two.pushed(other, "feed/policy.yaml", text, line).ok


REFUSED = [
    (SIX, ("CMB-0001", "evict", "--by", ONE), 1, "speaks for no steward, so it cannot approve; ask a steward (FLEET-01, FLEET-02)"),
    (TWO, ("CMB-0001", "evict", "--by", SIX), 1, "CAMBER-06 is no steward"),
    (TWO, ("CMB-0002", "evict", "--by", ONE), 1, "CMB-0002 is DONE, so nobody is to be evicted"),
    (TWO, ("CMB-0001", "reopen", "--by", ONE), 1, "CMB-0001 is IN_PROGRESS, so it needs no reopening"),
    (TWO, ("CMB-0009", "reopen", "--by", ONE), 1, "there is no CMB-0009 on the feed"),
    (TWO, ("CMB-0001", "evict"), 2, "give --by SEAT"),
    (TWO, ("CMB-0001", "--by", ONE), 2, "name the act, too: ITEM evict|reopen|lane"),
    (TWO, ("CMB-0001", "lane", "--by", ONE), 2, "--to says where"),
    (TWO, ("CMB-1", "evict", "--by", ONE), 2, "write CMB-0001"),
    (TWO, ("CMB-0001", "evict", "--by", ONE, "--for", "31d"), 2, "is no span of time up to 30d"),
    (TWO, ("HEAD", "--staged"), 2, "or --staged"),
    (TWO, ("nowhere",), 2, "nowhere is no commit here"),
    (TWO, ("HEAD~1",), 1, "is not built on refs/heads/main as it is now; `git rebase`"),
]  # fmt: skip


def test_what_cannot_be_approved(two):
    desks = {name: two.desk(name) for name in (SIX, TWO)}
    for seat, words, code, why in REFUSED:
        said = desks[seat]("approve", *words, code=code).stderr
        assert why in said, (words, said)


def test_an_act_that_one_may_do_alone(signed):
    desk = Two(signed, None).desk(ONE)
    desk("reserve", "CMB", "--subject", "one")
    said = desk("approve", "CMB-0001", "reopen", "--by", SIX, code=1).stderr
    assert "the policy does not list reopen in `agreed`" in said


def test_by_hand_a_commit_warns_and_the_server_refuses(two):
    desk = two.desk(ONE)
    text = post(STATE="CANCELLED", SEAT=ONE, EPOCH=2, REASON="x", SUBJECT=None)
    said = two.pushed(desk, path("CMB-0001", 3), text)
    assert "FF613" in said.stderr
    line = two.approval("CMB-0001", "evict", "--by", ONE)
    desk.seat.git("commit", "-q", "--amend", "--no-edit", "--trailer", line)
    desk.seat.git("push", "-q", "origin", "HEAD:main")
