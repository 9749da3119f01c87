"""A post or a note by one who may not speak for its seat."""

from harness import path
from judge.gen_feeds import life, snapshot

from fleetfeed.judge.validate import validate
from fleetfeed.model.identity import Speaker
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.policy import DEFAULT

NOTE = "feed/notes/2026/11/20261120T155200Z-CAMBER-06-9f3a.yaml"
STRANGER = Speaker("key s", "key s", ("ORA-02",))


def said(files):
    before, after = snapshot({}), snapshot(files)
    by = (STRANGER,)
    (found,) = validate(before, after, DEFAULT, no_signs, speakers=lambda _: by)
    return found


def test_a_note_in_anothers_name_is_shown_at_its_seat_and_told_as_a_note():
    for item, what in (
        ("", "writes a note;"),
        ("CMB-0001", "writes a note on CMB-0001;"),
    ):
        about = f"ITEM: {item}\n" if item else ""
        found = said({NOTE: f"BODY: a word\nSEAT: CAMBER-06\n{about}"})
        assert (found.code, found.place.line, found.item) == ("FF601", 2, item)
        assert f"may not speak for CAMBER-06, who {what}" in found.message


def test_a_post_in_anothers_name_is_told_by_its_state():
    found = said(life({"seat": "CAMBER-06", "state": "AWAITING_CLAIM"}))
    assert (found.code, found.place.path) == ("FF601", path("CMB-0001"))
    assert "who says AWAITING_CLAIM on CMB-0001;" in found.message
