"""Ways around the guard of code that were found by trying."""

import re
import shlex

import pytest
from checks import code_fleet
from checks.code_fleet import pushed, python_dies
from harness import command

THEIRS, ME, OTHER = "web/theirs/a.ts", "CAMBER-06", "CAMBER-07"


@pytest.fixture(scope="module")
def template(fleet_template, tmp_path_factory):
    return code_fleet.play(fleet_template.copy(tmp_path_factory.mktemp("a") / "fleet"))


@pytest.fixture
def fleet(template, tmp_path):
    return template.copy(tmp_path / "fleet")


def lands(fleet, branch="main"):
    """The holder changes what is theirs, on the server's `branch`."""
    other = fleet.seat(OTHER)
    other.stage(THEIRS, "theirs\n")
    other.git("commit", "-q", "-m", "work")
    assert pushed(other, branch).ok


@pytest.mark.parametrize("branch", ["main", "topic"])
def test_a_merge_that_leaves_out_what_the_holder_did(fleet, branch):
    me = fleet.seat(ME)
    lands(fleet, branch)
    me.stage("docs/page.md", "mine\n")
    me.git("commit", "-q", "-m", "docs")
    me.git("fetch", "-q")
    me.git("merge", "-q", "--no-edit", "-s", "ours", f"origin/{branch}")
    refused = pushed(me, branch, "--no-verify")
    assert refused.refusals == {"FF701"}
    assert (
        "by a merge that leaves out what the branch has, changes it" in refused.stderr
    )
    judged = me.fleetfeed("guard", "--range", f"origin/{branch}..HEAD", ok=False)
    assert judged.refusals == {"FF701"}
    # Built upon, by what is lawful in itself, it stays what it is.
    me.stage("docs/page.md", "more\n")
    me.git("commit", "-q", "-m", "docs")
    assert pushed(me, branch, "--no-verify").refusals == {"FF701"}
    # Its holder may leave it out.
    amend = ("commit", "-q", "--amend", "--no-edit", "--trailer")
    me.git(*amend, "Fleetfeed: CMB-0001@2")
    assert pushed(me, branch, "--no-verify").ok


def test_a_merge_that_keeps_what_the_holder_did_is_nobodys_matter(fleet):
    me = fleet.seat(ME)
    for n in range(3):
        me.stage("web/mine/a.ts", f"mine {n}\n")
        me.git("commit", "-q", "-m", "mine")
    assert pushed(me, "topic", "--no-verify").ok
    lands(fleet)
    me.git("fetch", "-q")
    me.git("merge", "-q", "--no-edit", "origin/main")
    assert pushed(me, "topic", "--no-verify").ok
    assert pushed(me, "main", "--no-verify").ok


def test_a_merge_without_mapped_paths_asks_no_python(fleet):
    me = fleet.seat(ME)
    for name in ("a", "b"):
        me.git("checkout", "-q", "-B", name, "origin/main")
        me.stage(f"docs/{name}.md", "x\n")
        me.git("commit", "-q", "-m", name)
    assert pushed(me, "topic", "--no-verify").ok
    me.git("merge", "-q", "--no-edit", "a")
    python_dies(fleet.server.folder / "hooks", "pre-receive")
    assert pushed(me, "topic", "--no-verify").stderr == ""


def test_code_beside_a_beat_is_judged(fleet):
    me = fleet.seat(ME)
    claim = (
        "claim", "--new", "CMB", "--subject", "x", "--surface", "CAMBER:file:web/x.ts",
        "--proof", "apart from CMB-0001 and CMB-0002 (other folders)",
        "--lease", "1h", "--op", "acquired",
    )  # fmt: skip
    item = me.fleetfeed(*claim).stdout.split()[0]
    text = f"ITEM: {item}\nEPOCH: 1\nOP: acquired\nBEAT: 1\n"
    blob = me.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
    pushing = ("push", "-q", "--no-verify", "origin", "HEAD:refs/heads/x")
    beat = f"{blob}:refs/fleetfeed/beats/{item}"
    me.stage(THEIRS, "mine\n")
    me.git("commit", "-q", "--no-verify", "-m", "x")
    assert me.git(*pushing, beat, ok=False).refusals == {"FF701"}
    me.git("reset", "-q", "--hard", "HEAD~1")
    assert me.git(*pushing, beat).ok


def test_a_commit_without_a_time_is_judged(fleet):
    me = fleet.seat(ME)
    me.stage(THEIRS, "mine\n")
    tree = me.git("write-tree").stdout.strip()
    text = f"tree {tree}\nparent {me.tip()}\nauthor a <a@x> 1 +0000\ncommitter c <c@x>\n\nx\n"
    write = ("hash-object", "-t", "commit", "-w", "--literally", "--stdin")
    commit = me.git(*write, stdin=text).stdout.strip()
    fleet.server.git("config", "receive.fsckObjects", "false")
    pushing = ("push", "-q", "--no-verify", "origin", f"{commit}:refs/heads/x")
    assert me.git(*pushing, ok=False).refusals == {"FF701"}
    judged = me.fleetfeed("guard", "--range", f"origin/main..{commit}", ok=False)
    assert judged.refusals == {"FF701"}


def test_what_was_handed_over_is_taken_over_as_advised(fleet):
    me, other = fleet.seat(ME), fleet.seat(OTHER)
    for n in range(3):
        me.stage("web/mine/a.ts", f"mine {n}\n")
        me.git("commit", "-q", "-m", "mine")
    assert pushed(me, "topic", "--no-verify").ok
    me.fleetfeed("handoff", "CMB-0002", "--to", OTHER, "--reason", "I am off")
    other.git("fetch", "-q")
    other.git("reset", "-q", "--hard", "origin/topic")
    theirs = other.tip()
    plain = ("-c", "core.hooksPath=/dev/null")
    other.git(*plain, "merge", "-q", "--no-edit", "origin/main")
    refused = pushed(other, "main", "--no-verify")
    assert refused.refusals == {"FF703"}
    advice = {*re.findall("`(git commit [^`]+)`", refused.stderr)}
    assert len(advice) == 1
    other.git(*shlex.split(advice.pop())[1:])
    judged = other.fleetfeed("guard", "--range", "origin/main..HEAD")
    assert "nothing to refuse" in judged.stdout
    assert pushed(other, "main", "--no-verify").ok
    other.git("merge-base", "--is-ancestor", theirs, "origin/main")


def test_what_is_built_on_the_successors_work_is_not_taken_over_by_it(fleet):
    me, other = fleet.seat(ME), fleet.seat(OTHER)
    me.stage("web/mine/a.ts", "late\n")
    me.git("commit", "-q", "-m", "late")
    late = me.tip()
    me.fleetfeed("handoff", "CMB-0002", "--to", OTHER, "--reason", "I am off")
    other.git("pull", "-q", "--ff-only")
    other.stage("web/mine/b.ts", "theirs\n")
    other.git("commit", "-q", "-m", "theirs")
    # Beside it, and below it: neither is built on what came late.
    bundle = str(other.folder / "theirs")
    other.git("bundle", "create", bundle, "HEAD")
    plain = ("-c", "core.hooksPath=/dev/null")
    me.git("fetch", "-q", bundle, "HEAD:theirs")
    me.git(*plain, "merge", "-q", "--no-edit", "theirs")
    assert pushed(me, "merged", "--no-verify").refusals == {"FF703"}
    me.git("reset", "-q", "--hard", "theirs")
    me.git(*plain, "cherry-pick", late)
    assert pushed(me, "picked", "--no-verify").refusals == {"FF703"}


LINKS = {
    "link": "web/theirs",
    "la.ts": THEIRS,
    "deep.ts": "la.ts",
    "web/mine/page.md": "../../docs/page.md",
    "web/theirs/page.md": "../../docs/page.md",
}


@pytest.fixture(scope="module")
def linked(template, tmp_path_factory):
    """A clone with links to what another seat holds, and among it."""
    me = template.copy(tmp_path_factory.mktemp("l") / "fleet").seat(ME)
    for name, target in LINKS.items():
        (me.folder / name).symlink_to(target)
    (me.folder.parent / "way").symlink_to(me.folder / "web")
    return me


@pytest.mark.parametrize(
    "name",
    [
        "link",
        "link/a.ts",
        "link/new.ts",
        "link/../theirs/a.ts",
        "la.ts",
        "deep.ts",
        "./docs/../la.ts",
        "@TOP@/link/a.ts",
        "@TOP@/la.ts",
        "@TOP@/../way/theirs/a.ts",
        # What changes may be the link itself.
        "web/theirs/page.md",
    ],
)
def test_a_link_to_what_another_holds_is_no_way_around(linked, name):
    path = name.replace("@TOP@", str(linked.folder))
    refused = linked.fleetfeed("guard", path, ok=False)
    assert (refused.returncode, refused.refusals) == (1, {"FF701"})
    folder = linked.folder / "web"
    below = path if path.startswith("/") else f"../{path}"
    assert linked.run(command("guard", below), cwd=folder, ok=False).returncode == 1


def test_a_link_that_leads_to_nobodys_matter_is_none(linked):
    (linked.folder / "away").symlink_to("/nowhere")
    (linked.folder / "round").symlink_to("round")
    assert linked.fleetfeed("guard", "web/mine/page.md", "away", "round").ok
