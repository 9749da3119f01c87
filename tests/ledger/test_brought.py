"""What a queue sends along is as good as fetched, or it is fetched."""

import shutil
import subprocess
from hashlib import shake_256

import pytest
from harness import Repo, post
from ledger.test_queued import KEY, known, new, parents, said, tip
from ledger.test_server import counted

from fleetfeed.git.process import Git
from fleetfeed.ledger.brought import is_brought
from fleetfeed.model.server import BRING, Announcement, bringing, brought
from fleetfeed.repo.repository import Repo as Opened

REAL = "hooks/proc-receive.real"
PACK = bytes(range(256)) * 3


def changed(server, how):
    """What the queue says goes through a shell's filter, `how`, on its way to git."""
    door = server.folder / "hooks/proc-receive"
    door.rename(server.folder / REAL)
    text = f"#!/bin/sh\n{{ {REAL} 2>&1 >&3 3>&- | {how} >&2; }} 3>&1\n"
    server.write("hooks/proc-receive", text).chmod(0o755)


def behind(fleet, tmp_path):
    """A seat that another has been ahead of since, and its connections from now on."""
    one, two = known(fleet.seat("CAMBER-01")), known(fleet.seat("CAMBER-02"))
    two.git("fetch", "-q")
    two.git("merge", "-q", "--ff-only", "origin/main")
    said(one, *new(key=f"{KEY}1"))
    return two, counted(two, tmp_path)


# By what it is that is not as it was sent.
SPOILT = {
    "nothing arrives": "sed '/ brings /d'",
    "a part is cut off": r"sed -E 's/( brings .{300}).*/\1/'",
    "no base64 is": "sed -E 's/ brings .{9}/&*-*/'",
    "one letter is another": "sed -E 's/( brings .{200})./\\1_/; s/_A/B/; s/_/A/'",
    "it is nothing": "sed -E 's/ brings .*/ brings /'",
    "it is no pack": "sed -E 's/ brings .*/ brings AAAA/'",
    # `PACK`, version 2, of no object, and its SHA-1.
    "it has no object": (
        "sed -E 's/ brings .*/ brings UEFDSwAAAAIAAAAAAp0IgjvYqOq1EK1qx1yCPP0+0x4=/'"
    ),
    "it is told as two lines": r"sed -E 's/( brings .{300})/\1\nfleetfeed: brings /'",
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_does_not_arrive_as_it_was_sent_is_fetched(fleet, tmp_path, how):
    two, connections = behind(fleet, tmp_path)
    changed(fleet.server, SPOILT[how])
    answer = said(two, *new("claim", f"{KEY}2"))
    assert (answer["answer"], answer["tries"]) == ("won", 1)
    assert answer["commit"] == tip(fleet)
    assert [each["item"] for each in answer["posts"]] == ["CMB-0002"]
    assert connections() == ["receivepack", "uploadpack"]
    assert two.line("rev-parse", "HEAD", "origin/main").split() == [tip(fleet)] * 2
    assert "brings" not in str(answer)
    two.git("fsck", "--strict")


def test_a_whole_pack_of_another_commit_is_fetched_as_well(fleet, tmp_path):
    """Sound objects, of which what landed is not one."""
    two, connections = behind(fleet, tmp_path)
    two.git("config", "user.name", "Nobody")
    base = two.line("rev-parse", "origin/main")
    tree = two.line("rev-parse", f"{base}^{{tree}}")
    other = two.line("commit-tree", "-p", base, "-m", "no post", tree)
    made = tmp_path / "pack"
    two.run(("sh", "-c", f"echo {other} | git pack-objects -q --stdout >{made}"))
    line = bringing(made.read_bytes()).partition(" brings ")[2].strip()
    changed(fleet.server, f"sed -E 's:( brings ).*:\\1{line}:'")
    assert said(two, *new("claim", f"{KEY}2"))["commit"] == tip(fleet)
    assert connections() == ["receivepack", "uploadpack"]
    assert two.line("rev-parse", "origin/main") == tip(fleet)


@pytest.fixture(params=["sha1", "sha256"])
def ahead(request, tmp_path):
    """A clone, and its server's repository, which is one post ahead."""
    there = Repo.init(tmp_path / "there", f"--object-format={request.param}")
    for number in (1, 2):
        there.stage(f"feed/CMB/000/CMB-000{number}/0001.yaml", f"post {number}\n")
        there.git("commit", "-q", "-m", f"post {number}")
        if number == 1:
            there.git("clone", "-q", "--no-local", ".", str(tmp_path / "here"))
    return Repo(tmp_path / "here", there.environment), there


def new_objects(there):
    """What its last commit has, and the one before it has not."""
    rows = there.line("rev-list", "--objects", "HEAD", "^HEAD~1").splitlines()
    return [row.split()[0] for row in rows]


def pack_of(there, ids):
    done = subprocess.run(
        ("git", "pack-objects", "-q", "--stdout"),
        cwd=there.folder,
        env=there.environment,
        input="".join(f"{id_}\n" for id_ in ids).encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout


def takes(here, tip, commit, pack):
    git = Git(here.folder, here.environment)
    return is_brought(Opened(git), tip, commit, pack)


@pytest.mark.parametrize("few", [0, 100])
def test_what_lacks_any_object_is_not_taken_for_what_landed(ahead, few, monkeypatch):
    monkeypatch.setattr("fleetfeed.ledger.brought._FEW", few)
    here, there = ahead
    tip, commit = (there.line("rev-parse", each) for each in ("HEAD~1", "HEAD"))
    ids = new_objects(there)
    assert len(ids) == 7
    whole = pack_of(there, ids)
    packs = [pack_of(there, [each for each in ids if each != one]) for one in ids]
    for at in (0, 8, 12, len(whole) // 2, len(whole) - 1):
        packs += [whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :], whole[:at]]
    for number, pack in enumerate(packs):
        folder = here.folder.with_name(f"here-{number}")
        shutil.copytree(here.folder, folder)
        assert not takes(Repo(folder, here.environment), tip, commit, pack)
    assert not takes(here, commit, tip, whole)  # the line does not go back
    assert takes(here, tip, commit, whole)
    here.git("update-ref", "refs/heads/there", commit)
    here.git("fsck", "--strict")


def test_a_folder_that_lies_about_without_its_files_is_no_part_of_it(ahead):
    """git has it, and so takes whatever names it for whole, as far as it looks."""
    here, there = ahead
    tip, commit = (there.line("rev-parse", each) for each in ("HEAD~1", "HEAD"))
    ids = new_objects(there)
    blobs = [id_ for id_ in ids if there.line("cat-file", "-t", id_) == "blob"]
    trees = [id_ for id_ in ids if there.line("cat-file", "-t", id_) == "tree"]
    lying = pack_of(there, trees)
    subprocess.run(
        ("git", "unpack-objects", "-q"),
        cwd=here.folder,
        env=here.environment,
        input=lying,
        check=True,
    )
    assert not takes(here, tip, commit, pack_of(there, [commit]))
    assert takes(here, tip, commit, pack_of(there, [commit, *blobs]))


def test_another_history_is_not_taken_for_the_feeds(ahead):
    here, there = ahead
    tip = there.line("rev-parse", "HEAD~1")
    tree = there.line("rev-parse", "HEAD^{tree}")
    other = there.line("commit-tree", "-m", "begun anew", tree)
    ids = [*new_objects(there), other]
    assert not takes(here, tip, other, pack_of(there, ids))
    # Nor where the feed is but what another line has taken in.
    merge = there.line("commit-tree", "-p", other, "-p", tip, "-m", "a merge", tree)
    assert not takes(here, tip, merge, pack_of(there, [*ids, merge]))
    merge = there.line("commit-tree", "-p", tip, "-p", other, "-m", "a merge", tree)
    assert takes(here, tip, merge, pack_of(there, [*ids, merge]))


@pytest.mark.parametrize("few", [0, 100])
def test_what_git_refuses_where_it_looks_closer_is_not_taken(ahead, few, monkeypatch):
    """All is there, and one name is none that a work tree may have."""
    monkeypatch.setattr("fleetfeed.ledger.brought._FEW", few)
    here, there = ahead
    tip = there.line("rev-parse", "HEAD")
    here.git("fetch", "-q")
    blob = there.line("rev-parse", "HEAD:feed/CMB/000/CMB-0001/0001.yaml")
    made = there.folder / "tree"
    made.write_bytes(b"100644 .git\0" + bytes.fromhex(blob))
    tree = there.line("hash-object", "-t", "tree", "-w", "--literally", made.name)
    commit = there.line("commit-tree", "-p", tip, "-m", "no post", tree)
    assert not takes(here, tip, commit, pack_of(there, [commit, tree]))


UNUSUAL = {
    "options of the user's own": ("config", "push.pushOption", "ci.skip"),
    "a fetch that looks closer": ("config", "fetch.fsck.missingEmail", "error"),
    "a part of the objects": ("config", "remote.origin.promisor", "true"),
}


@pytest.mark.parametrize("how", [*UNUSUAL, "a part of the history"])
def test_an_unusual_clone_fetches_as_ever(fleet, tmp_path, how):
    two, connections = behind(fleet, tmp_path)
    if how in UNUSUAL:
        two.git(*UNUSUAL[how])
    else:
        (two.folder / ".git/shallow").write_text(f"{two.line('rev-parse', 'HEAD')}\n")
    answer = said(two, *new("claim", f"{KEY}2"))
    assert (answer["answer"], answer["commit"]) == ("won", tip(fleet))
    assert connections() == ["receivepack", "uploadpack"]


def test_a_server_that_takes_no_options_is_pushed_to_without(fleet, tmp_path):
    two, connections = behind(fleet, tmp_path)
    fleet.server.git("config", "receive.advertisePushOptions", "false")
    answer = said(two, *new("claim", f"{KEY}2"))
    assert (answer["answer"], answer["commit"]) == ("won", tip(fleet))
    assert len(parents(two, tip(fleet))) == 1  # by the queue, under another number
    assert connections() == ["receivepack", "receivepack", "uploadpack"]


def test_who_does_not_ask_is_sent_nothing(fleet):
    """As plain git, and an older fleetfeed."""
    one, two = known(fleet.seat("CAMBER-01")), known(fleet.seat("CAMBER-02"))
    base = two.line("rev-parse", "origin/main")
    for number, options in enumerate(((), ("-o", "ci.skip"), ("-o", BRING)), 1):
        said(one, *new(key=f"{KEY}{number}"))
        two.git("reset", "-q", "--hard", base)
        two.stage(
            f"feed/HWD/000/HWD-000{number}/0001.yaml", post(item=f"HWD-000{number}")
        )
        two.git("commit", "-q", "-m", "by plain git")
        done = two.git("push", "-q", *options, "origin", "HEAD:refs/for/feed")
        assert "landed as" in done.stderr
        assert (" brings " in done.stderr) == (BRING in options)


def test_who_lacks_more_than_is_sent_along_fetches_it(fleet, tmp_path):
    two, connections = behind(fleet, tmp_path)
    one = fleet.seat("CAMBER-01")
    one.git("pull", "-q")
    for number in b"123":  # 30 KB each, however they are packed
        text = shake_256(b"%d" % number).hexdigest(30_000)
        one.fleetfeed("append", "CMB-0001", "--state", "IN_PROGRESS", "--body", text)
    assert said(two, *new("claim", f"{KEY}2"))["commit"] == tip(fleet)
    assert connections() == ["receivepack", "uploadpack"]


def test_a_line_that_brings_is_read_back():
    for pack in (b"", b"PACK", PACK):
        words = ("before", bringing(pack).removesuffix("\n"), "after")
        assert brought(words) == (pack, ["before", "after"])
    assert brought(("fleetfeed: brings", "fleetfeed: landed")) == (
        b"",
        ["fleetfeed: brings", "fleetfeed: landed"],
    )
    assert "brings" not in Announcement("a1").data.decode()
