"""The trailer in a message that a person writes: what git would end, it ends."""

import pytest
from checks import code_fleet


@pytest.fixture(scope="module")
def me(fleet_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("m") / "fleet"
    seat = code_fleet.play(fleet_template.copy(folder)).seat("CAMBER-06")
    (seat.folder / ".git/template").write_text("Subject\n\n# why\n")
    seat.stage("web/mine/a.ts", "mine\n")
    return seat


WAYS = ("a.b=c", "core.commentChar=;", "commit.verbose=true", "commit.cleanup=scissors",
        "commit.template=.git/template")  # fmt: skip


@pytest.mark.parametrize("setting", WAYS)
def test_a_message_that_nobody_wrote_gets_no_trailer(me, setting):
    tip = me.tip()
    done = me.git("-c", setting, "-c", "core.editor=true", "commit", "-q", ok=False)
    assert "Abort" in done.stderr or "did not edit" in done.stderr
    assert me.tip() == tip


@pytest.mark.parametrize("setting", WAYS)
def test_one_that_somebody_wrote_has_it(me, setting):
    tip, editor = me.tip(), "core.editor=sed -i '1s/^/Written: a page\\n/'"
    me.git("-c", setting, "-c", editor, "commit", "-q")
    assert me.git("log", "-1", "--format=%s").stdout.startswith("Written: a page")
    assert code_fleet.trailers(me) == ["CMB-0002@1"]
    me.git("reset", "-q", "--soft", tip)


def test_a_word_in_prose_is_no_trailer(me):
    tip, editor = (
        me.tip(),
        "core.editor=sed -i '1s/^/x\\n\\nFleetfeed: is told\\n\\ny\\n/'",
    )
    me.git("-c", editor, "commit", "-q")
    assert code_fleet.trailers(me) == ["CMB-0002@1"]
    me.git("reset", "-q", "--soft", tip)
