"""The audit against a plain one, and one process against several."""

from itertools import count

import pytest
from harness import FREE, claim, path, post
from harness.crafted import blob, commit_with, tree
from harness.history import imported, one_after_the_other
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.checks import audit
from fleetfeed.checks.audit import judge_audit
from fleetfeed.checks.audit_items import item_ids
from fleetfeed.feed.diff import changes
from fleetfeed.git.process import Git
from fleetfeed.model import layout
from fleetfeed.repo.repository import Repo

# Later Pythons warn of a fork beside the threads of pytest-xdist.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

ITEMS = ("CMB-0001", "CMB-0002", "CMB-0100", "HWD-0001")
KEYS = ("CAMBER:file:a", "CAMBER:file:a/b", "CAMBER:file:c", "none", None)
STATES = ("AWAITING_CLAIM", "IN_PROGRESS", "PARKED", "DONE")

posts = st.builds(
    lambda item, key, state, epoch: (
        item,
        post(
            item=item, state=state, surface_key=key, epoch=epoch, no_overlap_proof="x"
        ),
    ),
    st.sampled_from(ITEMS),
    st.sampled_from([*KEYS, ["CAMBER:file:a/b", "CAMBER:file:c"]]),
    st.sampled_from(STATES),
    st.sampled_from([None, None, 1, 2]),
)
moves = st.one_of(
    st.tuples(st.just("post"), posts),
    st.tuples(st.just("post"), posts),
    st.tuples(st.just("post"), posts),
    st.tuples(st.sampled_from(["gap", "alter", "remove", "side", "back"]), posts),
    st.tuples(
        st.sampled_from(["note", "policy", "stray", "spoil", "merge", "merge"]), posts
    ),
)
histories = st.lists(moves, min_size=1, max_size=25)


def put_by(move, item, text, here):
    """What a move puts where, in a feed with the files `here`."""
    number = next(n for n in count(1) if path(item, n) not in here)
    next_, old = path(item, number), path(item, max(number - 1, 1))
    note = "feed/notes/2026/11/20261120T155200Z-CAMBER-06-9f3a.yaml"
    rules = f"ref: refs/heads/main\npools: {{p{len(here)}: [A]}}\n"
    return {
        "gap": {path(item, number + 1): text},
        "alter": {old: text},
        "remove": {old: None} if old in here else {},
        "note": {note: text},
        "policy": {next_: text, "feed/policy.yaml": rules},
        "stray": {f"feed/{item}.txt": text},
        "spoil": {next_: f"{text}SURFACE_KEY: CAMBER:file:c\n"},
    }.get(move, {next_: text})


def steps_of(played):
    """The commits of some moves, for `imported`."""
    steps, states = [([], {"feed/policy.yaml": "ref: refs/heads/main\n"})], [{}]
    tip = side = 0
    for move, (item, text) in played:
        here, parents = states[tip], [tip]
        files = put_by(move, item, text, here)
        if move == "back":
            tip, side = side, tip
            continue
        if move == "side":
            side = tip
        elif move == "merge" and side != tip:
            parents, files = [tip, side], {**states[side], **here, **files}
        steps.append((parents, files))
        states.append({k: v for k, v in {**here, **files}.items() if v is not None})
        tip = len(steps) - 1
    # The branch is where the last commit is.
    return [*steps, ([tip], {})]


def opened(folder, steps):
    repo = Repo(Git(imported(folder, steps).folder))
    return repo, repo.git.line("rev-parse", "main")


def silent(what, done, total):
    assert 0 <= done <= total


def plainly_earlier(repo, tip):
    """The overlaps along the first-parent chain, from each commit's whole feed."""
    rows = repo.git.line("rev-list", "--first-parent", "--reverse", tip).split()
    before, met, said = repo.snapshot(None), set(), set()
    for commit in rows[:-1]:
        after = repo.snapshot(commit)
        kinds = [
            layout.classify(change.path) for change in changes(before.tree, after.tree)
        ]
        held = {item: after.item(item).held for item in item_ids(after)}
        for item in sorted({s.item for s in kinds if isinstance(s, layout.PostPath)}):
            for key in held.get(item, ()):
                for other, keys in held.items():
                    pair = (min(item, other), max(item, other))
                    overlaps = any(map(key.overlaps, keys))
                    if other != item and overlaps and pair not in met:
                        met.add(pair)
                        said.add(
                            f"at commit {commit[:12]} {pair[0]} and {pair[1]} both held {key.text}"
                        )
        before = after
    return said


@settings(max_examples=settings.default.max_examples // 3)
@given(histories)
def test_several_processes_say_what_one_does_and_what_a_plain_audit_does(
    tmp_path_factory, played
):
    repo, tip = opened(tmp_path_factory.mktemp("audit"), steps_of(played))
    alone = judge_audit(repo, tip, silent, workers=1)
    earlier = {
        f.message.partition(";")[0]
        for f in alone.findings
        if f.message.startswith("at commit")
    }
    assert earlier == plainly_earlier(repo, tip)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "_PART", 3)
        assert judge_audit(repo, tip, silent, workers=3) == alone
        assert judge_audit(repo, tip, silent, workers=1) == alone


def test_the_findings_of_several_processes_come_in_one_order(tmp_path, monkeypatch):
    """All kinds of them, in a history that is cut between any two commits."""
    one, two = "CAMBER:file:a", "CAMBER:file:a/b"

    def put(item, number, **fields):
        return {path(item, number): post(item=item, no_overlap_proof="x", **fields)}

    steps = one_after_the_other(12)
    for files in (
        put("HWD-0001", 1, state="IN_PROGRESS", surface_key=one),
        put("HWD-0002", 1, state="IN_PROGRESS", surface_key=two),  # earlier
        put("HWD-0002", 2, state="DONE"),
        put("HWD-0003", 1, state="IN_PROGRESS", surface_key=two),  # and at the tip
        put("HWD-0001", 2, state="IN_PROGRESS", epoch=7),  # FF304
        put("HWD-0001", 4, state="IN_PROGRESS"),  # FF306
        put("CMB-0001", 2, state="DONE"),  # FF409
        {"feed/CMB-0001": "x"},  # FF020
        {"feed/cmb/a": "x"},  # FF023
        {"feed/policy.yaml": "ref: refs/heads/main\n", **put("HWD-0004", 1)},  # FF404
        {path("HWD-0005"): "STATE: [\n"},  # unreadable
        {path("HWD-0006"): "STATE: [\n"},
        put("HWD-0006", 2, state="DONE", repairs=1, subject="mended"),  # softened
        {path("HWD-0002", 2): None},  # FF409
    ):
        steps.append(([len(steps) - 1], files))
    repo, tip = opened(tmp_path / "all", steps)
    monkeypatch.setattr(audit, "_PART", 1)
    alone = judge_audit(repo, tip, silent, workers=1)
    refused = {f.code for f in alone.findings if f.rejects}
    assert refused >= {"FF020", "FF023", "FF304", "FF306", "FF401", "FF404", "FF409"}
    warned = [f for f in alone.findings if not f.rejects]
    assert {f.code for f in warned} >= {"FF401"}
    assert any(f.place.path == "feed/HWD/000/HWD-0006/0001.yaml" for f in warned)
    for workers in (2, 5):
        assert judge_audit(repo, tip, silent, workers=workers) == alone


def test_what_only_a_new_policy_makes_one_surface_is_no_break_of_a_rule(tmp_path):
    one, two = "CAMBER:file:a", "ORA:file:a/b"
    rules = "ref: refs/heads/main\n"
    families = f"{rules}families: {{file: {{lane: any}}}}\n"

    def put(item, key):
        texts = {"state": "IN_PROGRESS", "surface_key": key, "no_overlap_proof": "x"}
        return {path(item): post(item=item, **texts)}

    def told(*steps):
        rows = [([n - 1] if n else [], files) for n, files in enumerate(steps)]
        found = judge_audit(*opened(tmp_path / str(len(rows)), rows), silent).findings
        return [(f.rejects, f.item) for f in found if f.code == "FF401"]

    start = ({"feed/policy.yaml": rules}, put("CMB-0001", one), put("CMB-0002", two))
    change = {"feed/policy.yaml": families}
    assert told(*start) == []
    assert told(*start, change) == [(False, "CMB-0001")]
    assert told(*start, change, {}, {}, put("CMB-0009", "CAMBER:file:z")) == [
        (False, "CMB-0001")
    ]
    # What comes after it is judged by it; what was settled since is only listed.
    late = (start[0], start[1], change, {}, {}, {}, start[2])
    assert told(*late) == [(True, "CMB-0001")]
    done = {path("CMB-0002", 2): post(item="CMB-0002", state="DONE")}
    assert told(*late, done) == [(False, "")]


def test_progress_comes_in_order_and_to_its_end(tmp_path, monkeypatch):
    repo, tip = opened(tmp_path / "sound", one_after_the_other(50))
    monkeypatch.setattr(audit, "_PART", 7)
    told = []
    verdict = judge_audit(repo, tip, lambda *row: told.append(row), workers=2)
    assert verdict.findings == ()
    assert told == [
        *(("items", done, 17) for done in (0, 7, 14, 17)),
        *(("commits", done, 50) for done in (7, 14, 21, 28, 35, 42, 49, 50)),
    ]


def test_a_malformed_folder_in_between_is_told_and_the_audit_goes_on(scene):
    me = scene.me
    sound = me.line("rev-parse", "HEAD^{tree}")
    row = ("100644", "0001.yaml", blob(me, claim("CMB-0003", FREE)))
    commit_with(me, "feed/CMB/000/CMB-0003", tree(me, row, row))
    mended = me.line("commit-tree", "-m", "y", "-p", "HEAD", sound)
    me.git("reset", "-q", "--soft", mended)
    commit_with(me, "feed/stray", blob(me, "x"), "100644")
    assert me.fleetfeed("audit", "HEAD", ok=False).refusals == {"FF020", "FF022"}
