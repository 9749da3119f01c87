"""What a stranger may write into a field reaches no terminal, and breaks no post."""

import pytest
from ruamel.yaml import YAML

SIX = "CAMBER-06"

HOSTILE = [
    ("escape", "\x1b[2Jgone"),
    ("carriage-return", "fine\rforged"),
    ("bell", "ding\x07"),
    ("override", "abc\u202edef"),
    ("null-like", "a\x00b"),
    ("c1", "a\x9b2Jb"),
]
FLAGS = ["--subject", "--reason", "--body", "--owner", "--surface", "--proof", "--lease", "--seat", "--depends-on", "--parent", "--priority", "--op", "--timeout", "--field"]  # fmt: skip


def printable(said):
    return all(ch.isprintable() or ch == "\n" for ch in said.stdout + said.stderr)


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("text", [pytest.param(t, id=name) for name, t in HOSTILE])
def test_no_control_character_gets_through(still, flag, text):
    me, tip = still.of(SIX), still.tip()
    args = ["--subject", "x"] if flag != "--subject" else []
    said = me("claim", "--new", "CMB", *args, flag, text, code=None)
    assert said.returncode in {1, 2}, said
    assert printable(said), said
    assert still.tip() == tip


@pytest.mark.parametrize(
    "args",
    [
        ["claim", "\x1b[2J"],
        ["claim", "--new", "\x1b[2J"],
        ["handoff", "CMB-0002", "--to", "\x1b[2J"],
        ["yield", "CMB-0002", "--to", "\x1b[2J"],
        ["append", "--post", "\x1b[2J.yaml"],
        ["claim", "CMB-0002", "--park", "\x1b[2J"],
    ],
    ids=lambda args: args[0],
)
def test_nor_by_a_name(still, args):
    said = still.of(SIX)(*args, code=None)
    assert said.returncode in {1, 2}
    assert printable(said), said


TEXTS = [
    ("colon", "it: broke # not a comment"),
    ("looks-like-yaml", "- a\n- b: {c: d}\n"),
    ("a-second-document", "one\n---\nITEM: CMB-0001\n"),
    ("forged-fields", "fine\nSTATE: DONE\nSEAT: ORA-01\n"),
    ("no", "NO"),
    ("number", "0012"),
    ("blanks", "  leading and trailing  "),
    ("quotes", "'single' \"double\" `back` \\e"),
    ("letters", "Grüße 東京 🚀 ñ"),
    ("conflict-marks", "<<<<<<< ours\n=======\n>>>>>>> theirs\n"),
    ("tab", "a\tb"),
]


@pytest.mark.parametrize("text", [pytest.param(t, id=name) for name, t in TEXTS])
def test_a_text_is_kept_as_it_was_written(still, text):
    """In every field that takes a text; a post of it is read the same by YAML."""
    me = still.of(SIX)
    for flag, field in (("--body", "BODY"), ("--reason", "REASON")):
        said = me.json("block", "CMB-0002", flag, text, "--dry-run")
        (written,) = said["texts"]
        post = YAML(typ="base", pure=True).load(written["body"])
        assert post[field] == text
        assert (post["STATE"], post["SEAT"]) == ("BLOCKED", SIX)


def test_a_subject_of_two_lines_forges_nothing(busy):
    me = busy.of(SIX)
    item = me.reserve().strip()
    forged = "fine\nSTATE: DONE\nitem=CMB-0001 state=DONE owner=- surface=-"
    said = me("reserve", "CMB", "--subject", forged, code=None)
    if said.returncode == 0:
        item = said.stdout.partition("\n")[0]
        assert me.item(item)["state"] == "AWAITING_CLAIM"
        assert me.item(item)["subject"] == forged
        rows = me("show", item).stdout.splitlines()
        assert sum(row.startswith("item=") for row in rows) == 1
    else:
        assert said.returncode == 1


def test_a_body_that_is_too_long(still):
    said = still.of(SIX)("note", "--body", "x" * 70_000, code=1)
    assert "more than 65536; shorten it" in said.stderr
    assert len(said.stderr) < 2000


def test_a_body_from_a_file_that_is_no_utf8(still, tmp_path):
    (tmp_path / "raw").write_bytes(b"\xff\xfe")
    said = still.of(SIX)("note", "-F", str(tmp_path / "raw"), code=2)
    assert "the file is not UTF-8" in said.stderr


@pytest.mark.parametrize("flag", FLAGS)
def test_an_argument_that_is_no_utf8(still, flag):
    """Python hands such bytes over as lone surrogates."""
    args = ["--subject", "x"] if flag != "--subject" else []
    text = "\udcff=x" if flag == "--field" else "\udcff"
    said = still.of(SIX)("claim", "--new", "CMB", *args, flag, text, code=2)
    assert flag in said.stderr
    assert "bug" not in said.stderr
    handed = still.of(SIX)("handoff", "CMB-0002", "--to", "\udcff", code=2)
    assert "--to is not UTF-8" in handed.stderr
