"""Who may change code, as a function of the feed; how hard it weighs; what is said."""

import pytest
from judge import guard_scene

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.guard import Author, Guard, Levels, claims_said
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Severity
from fleetfeed.model.identity import Flaw, Speaker
from fleetfeed.model.policy import GuardRules, Policy

W, R = Severity.WARN, Severity.REJECT


@pytest.mark.parametrize(
    ("guard", "push"),
    [
        ((R, None, None), (None, None)),
        ((R, None, R), (R, None)),
        ((R, R, R), (R, R)),
        ((R, R, W), (W, W)),
        ((W, W, R), (W, W)),
        ((W, R, R), (W, R)),
    ],
)
def test_a_push_weighs_no_more_than_the_change(guard, push):
    policy = Policy(guard=GuardRules(*guard))
    assert Levels.before(policy) == Levels(*guard[:2])
    assert Levels.of_push(policy) == Levels(*push)


@pytest.mark.parametrize(
    ("trailers", "claims"),
    [
        ([], {}),
        (["CMB-0001@3"], {"CMB-0001": 3}),
        (["CMB-0001@3", "CMB-0001@2", "ORA-0002@1"], {"CMB-0001": 3, "ORA-0002": 1}),
        (["cmb-0001@3", "CMB-0001", "CMB-0001@0", "CMB-0001@", "CMB-0001 @3"], {}),
    ],
)
def test_what_trailers_say(trailers, claims):
    assert claims_said(trailers) == claims


def test_a_commit_is_called_by_its_first_letters_and_what_it_does():
    by = Author.of_commit("0123456789abcdef", ["CMB-0001@3"], how=", a merge")
    assert by == Author(claims={"CMB-0001": 3}, words="commit 0123456789ab, a merge")


def codes(found):
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("seat", "path", "found"),
    [
        ("CAMBER-07", "web/a.ts", []),
        ("camber-07", "web/a.ts", []),
        ("CAMBER-06", "web/a.ts", ["FF701"]),
        ("CAMBER-07/task", "web/a.ts", ["FF701"]),
        ("", "web/a.ts", ["FF701"]),
        # What lies below a held file, or holds it, is the same thing.
        ("CAMBER-06", "web/a.ts/inside", ["FF701"]),
        ("CAMBER-06", "web/a.ts2", ["FF702"]),
        ("CAMBER-06", "web/gen/a.ts", []),
        # A file in the folder's place is instead of all that is below.
        ("CAMBER-06", "web", ["FF701"]),
        ("CAMBER-06", "web/gen", ["FF702"]),
    ],
)
def test_before_the_commit(seat, path, found):
    assert codes(guard_scene.before(seat, path)) == found


def test_a_policy_that_cannot_be_read_is_no_permission():
    feed = Snapshot(from_files({"policy.yaml": b"paths: {web: CAMBER:file"}))
    with pytest.raises(CannotTell, match="what code is held is not known"):
        Guard(feed, Levels(R, R))


def test_a_thousand_paths_under_one_claim_are_one_finding():
    (found,) = guard_scene.before("CAMBER-06", *(f"web/a.ts/{n}" for n in range(1000)))
    assert found.message.startswith("web/a.ts/0 and 999 more paths lie under")
    assert (found.item, found.holder) == ("CMB-0001", "CAMBER-07")


ALICE = Speaker("login alice", "alice", ("CAMBER-06",))
BOB = Speaker("login bob", "bob", ("CAMBER-07", "CAMBER-07/*"))
NOBODY = Speaker("commit 1", flaw=Flaw("FF602", "is not signed"))


@pytest.mark.parametrize(
    ("speaker", "trailers", "found", "words"),
    [
        (BOB, [], [], ""),
        (BOB, ["CMB-0001@2"], [], ""),
        (BOB, ["CMB-0009@1"], [], ""),
        (BOB, ["CMB-0001@1"], ["FF703"], "was made under CMB-0001@1, which is over"),
        (ALICE, [], ["FF701"], "by login alice"),
        (ALICE, ["CMB-0001@2"], ["FF701"], "by login alice"),
        (NOBODY, ["CMB-0001@2"], ["FF701"], "commit 1 is not signed"),
        (None, ["CMB-0001@2"], [], ""),
        (None, [], ["FF701"], "anybody else must wait"),
    ],
)
def test_pushed_by(speaker, trailers, found, words):
    feed = guard_scene.feed("guard: {push: reject}\n")
    by = Author(claims=claims_said(trailers), speaker=speaker, words="commit 1")
    said = list(Guard(feed, Levels.of_push(feed.rules)).judge(["web/a.ts"], by))
    assert codes(said) == found
    assert all(words in each.message for each in said)


def test_what_awaits_its_claim_is_nobodys_not_even_its_filers():
    filed = (
        "ITEM: CMB-0001\nSTATE: AWAITING_CLAIM\nSEAT: CAMBER-06\nSUBJECT: x\n"
        "SURFACE_KEY: CAMBER:file:web/a.ts\nNO_OVERLAP_PROOF: none\n"
    )
    files = {"policy.yaml": guard_scene.PATHS, "CMB/000/CMB-0001/0001.yaml": filed}
    feed = Snapshot(from_files({name: text.encode() for name, text in files.items()}))
    guard = Guard(feed, Levels.before(feed.rules))
    (found,) = guard.judge(["web/a.ts"], Author("CAMBER-06"))
    assert found.code == "FF701"
    assert "`fleetfeed claim CMB-0001` takes it up" in found.message
    assert guard.claims(["web/a.ts"], "CAMBER-06") == {}
