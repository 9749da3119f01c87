"""`append`: any post, and several at once, all of them or none."""

import pytest
from cli.busy import key
from cli.desk import written
from harness import post

from fleetfeed.ledger.git import GitLedger

SIX, SEVEN = "CAMBER-06", "CAMBER-07"


@pytest.fixture
def me(busy):
    return busy.of(SIX)


def files(desk, **texts):
    """Write posts to files; the flags that name them."""
    for name, text in texts.items():
        (desk.folder / f"{name}.yaml").write_text(text, "utf-8", newline="")
    return [part for name in texts for part in ("--post", f"{name}.yaml")]


def test_several_posts_land_in_one_commit(busy, me):
    tip = busy.tip()
    flags = files(
        me,
        park="ITEM: CMB-0002\nSTATE: PARKED\nREASON: moves on\n",
        claim=f"ITEM: CMB-0012\nSTATE: IN_PROGRESS\nSUBJECT: it moved\nSURFACE_KEY: {key(2)}\nNO_OVERLAP_PROOF: CMB-0002 is parked\n",
        done="ITEM: CMB-0012\nSTATE: DONE\n",
    )
    said = me.json("append", *flags)
    assert [(p["item"], p["number"]) for p in said["posts"]] == [
        ("CMB-0002", 2),
        ("CMB-0012", 1),
        ("CMB-0012", 2),
    ]
    assert busy.fleet.server.line("rev-parse", "main^") == tip
    ops = {me.item(i)["posts"][-1]["fields"]["OP"][0] for i in ("CMB-0002", "CMB-0012")}
    assert ops == {said["op"]}


def test_all_or_none(busy, me):
    tip = busy.tip()
    flags = files(
        me,
        mine="ITEM: CMB-0002\nSTATE: PARKED\n",
        anothers="ITEM: CMB-0007\nSTATE: PARKED\n",
    )
    said = me("append", *flags, code=1)
    assert "FF301" in said.stderr
    assert "CMB-0007" in said.stderr
    assert busy.tip() == tip


def test_a_swap_in_one_commit(busy):
    """Two surfaces change places: two single moves are refused, both at once pass."""
    me = busy.of("FLEET-01")
    one = f"ITEM: CMB-0002\nSTATE: IN_PROGRESS\nOWNER: {SIX}\nREASON: a ruling\nSURFACE_KEY: {key(7)}\nNO_OVERLAP_PROOF: in exchange for CMB-0007\n"
    two = f"ITEM: CMB-0007\nSTATE: IN_PROGRESS\nOWNER: {SEVEN}\nREASON: a ruling\nSURFACE_KEY: {key(2)}\nNO_OVERLAP_PROOF: in exchange for CMB-0002\n"
    for name, text in (("one", one), ("two", two)):
        assert "COLLIDE-WITH" in me("append", *files(me, **{name: text}), code=1).stderr
    me("append", *files(me, one=one, two=two))
    assert me.item("CMB-0002")["held"] == [written(key(7))]


BROKEN = [
    ("not-a-mapping", "just words\n", "bad.yaml", "FF0"),
    ("state", "ITEM: CMB-0002\nSTATE: DNOE\n", "bad.yaml:2:8: FF103", "STATE: 'DNOE' is no state"),
    ("colon", "ITEM: CMB-0002\nSTATE: DONE\nREASON: it: broke\n", "bad.yaml:3", "mended: "),
    ("no-item", "STATE: DONE\n", "bad.yaml", "ITEM"),
    ("no-state", "ITEM: CMB-0002\n", "bad.yaml", "STATE"),
    ("item-misspelt", "ITEM: CMB-2\nSTATE: DONE\n", "bad.yaml:1:7", "CMB-0002"),
    ("duplicate", "ITEM: CMB-0002\nSTATE: DONE\nSTATE: DONE\n", "bad.yaml:3:1", "STATE"),
    ("second-document", "ITEM: CMB-0002\nSTATE: DONE\n---\nITEM: CMB-0004\n", "bad.yaml:3", "document"),
    ("escape", 'ITEM: CMB-0002\nSTATE: DONE\nBODY: "\\e[2J"\n', "bad.yaml:3", "control"),
    ("empty", "", "bad.yaml", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [pytest.param(*rest, id=name) for name, *rest in BROKEN],
)
def test_a_bad_file_is_named_by_line_and_column(still, tmp_path, text, place, word):
    desk, tip = still.of(SIX), still.tip()
    (tmp_path / "bad.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text("ITEM: CMB-0004\nSTATE: CANCELLED\n")
    flags = (
        "--post",
        str(tmp_path / "good.yaml"),
        "--post",
        str(tmp_path / "bad.yaml"),
    )
    said = desk("append", *flags, code=1)
    assert place in said.stderr, said.stderr
    assert word in said.stderr
    assert "\x1b" not in said.stderr
    document = desk.json("append", *flags, code=1)
    assert document["findings"][0]["path"].endswith("bad.yaml")
    assert still.tip() == tip


def test_what_the_judge_refuses_is_named_by_the_post_that_it_would_be(still, tmp_path):
    (tmp_path / "bad.yaml").write_text("ITEM: CMB-0002\nSTATE: DONE\nSURFACEKEY: x\n")
    said = still.of(SIX)("append", "--post", str(tmp_path / "bad.yaml"), code=1)
    assert "CMB-0002/0002.yaml:" in said.stderr
    assert "SURFACEKEY is no known field; did you mean SURFACE_KEY?" in said.stderr


def test_what_a_file_may_say_itself(busy, me):
    text = post(
        item="CMB-0001",
        state="IN_PROGRESS",
        seat=SIX,
        subject=None,
        epoch=1,
        at="2026-11-20T10:00:00Z",
        op="theirs",
    )
    said = me.json("append", *files(me, one=text), "--op", "ours")
    (newest,) = me.item("CMB-0001")["posts"][-1:]
    assert (newest["fields"]["OP"], said["op"]) == (["ours"], "ours")
    assert newest["at"] == "2026-11-20T10:00:00Z"


def test_a_files_seat_is_its_own(busy, me):
    """A steward's tool posts for two seats at once, each by its name."""
    flags = files(
        me,
        one=f"ITEM: CMB-0002\nSTATE: DONE\nSEAT: {SIX}\n",
        two=f"ITEM: CMB-0007\nSTATE: DONE\nSEAT: {SEVEN}\n",
    )
    me("append", *flags)
    assert me.item("CMB-0007")["state"] == "DONE"


def test_a_new_item_needs_a_subject(me):
    said = me("append", *files(me, one="ITEM: CMB-0012\nSTATE: PARKED\n"), code=1)
    assert "there is no CMB-0012 on the feed; give it a SUBJECT" in said.stderr


def test_what_was_new_at_the_first_look_stays_new(busy, me, monkeypatch):
    """Another seat takes the number meanwhile: no post upon theirs."""
    swap, other = GitLedger.swap, busy.of(SEVEN)

    def late(self, *args, **kwargs):
        monkeypatch.setattr(GitLedger, "swap", swap)
        other("append", "CMB-0012", "--state", "AWAITING_CLAIM", "--subject", "theirs")
        return self.swap(*args, **kwargs)

    monkeypatch.setattr(GitLedger, "swap", late)
    said = me(
        "append", "CMB-0012", "--state", "AWAITING_CLAIM", "--subject", "mine", code=1
    )
    assert "CMB-0012 was taken by CAMBER-07: theirs" in said.stderr
    assert "`fleetfeed reserve CMB --subject …`" in said.stderr
    assert me.item("CMB-0012")["newest"] == 1
