"""A hold tells what was said: its posts would make that seen."""

import shlex

from harness import command
from harness.answers import document
from hold.held import ITEM, NEW


def noting(body):
    """A command line that writes a note about the held item."""
    return shlex.join(command("note", ITEM, "--seat", "ORA-02", "--body", body))


def test_what_was_said_is_told_when_it_claims_and_when_it_ends(scene):
    new = ("reserve", *NEW[1:])
    scene.me.fleetfeed(*new)
    scene.me.fleetfeed("note", ITEM, "--seat", "ORA-02", "--body", "before\nit began")
    said = scene.me.fleetfeed("hold", ITEM, "--", "sh", "-c", noting("under way"))
    told = f"1 unseen note on {ITEM}, told now:\n"
    first, second, third = said.stderr.split(told)
    assert not first
    assert second.startswith("  * ")
    assert ", note:\n      before\n      it began\nfleetfeed: holding " in second
    assert ", note:\n      under way\nfleetfeed: " in third
    assert said.stdout.startswith("feed/notes/")


def test_a_program_is_told_all_of_it_at_the_end(scene):
    script = noting("under way")
    said = scene.me.fleetfeed("hold", *NEW, "--json", "--", "sh", "-c", script)
    answer = document(said.stdout)
    assert [note["body"] for note in answer["notes"]] == ["under way"]
    assert answer["items"][0]["notes_unseen"] == 1
