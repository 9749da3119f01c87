"""What a browser is sent has it show the newest board, and is no more than it needs."""

from itertools import pairwise

from board.scenes import NOON, board_of, snapshot
from harness import claim, path, post

from fleetfeed.board.changes import changes, sentence
from fleetfeed.board.pieces import changed, pieces


def put_in(there, told):
    """A browser's page after it was told something (as `live.js` does it)."""
    rows = {} if told.get("all") else dict(there["rows"])
    rows |= told.get("rows", {})
    order = tuple(told.get("order", there.get("order", ())))
    return {
        "rows": {name: rows[name] for name in order},
        "order": order,
        "parts": {**there.get("parts", {}), **told.get("parts", {})},
        "choices": told.get("choices", there.get("choices")),
        "title": told.get("title", there.get("title")),
    }


def whole(there):
    return {
        "rows": {name: piece.html for name, piece in there.rows.items()},
        "order": there.order,
        "parts": dict(there.parts),
        "choices": there.choices,
        "title": there.title,
    }


def later():
    """Boards one after another: filed, claimed by others, done, filed again."""
    texts = {
        "CMB-0020": post(item="CMB-0020", seat="ORA-02", subject="Filed"),
        "CMB-0008": claim("CMB-0008", "CAMBER:file:y", seat="ORA-05"),
        "CMB-0001": post(item="CMB-0001", state="DONE"),
    }
    more = {}
    yield board_of(snapshot())
    for item, text in texts.items():
        more[path(item)[5:]] = text.encode()
        yield board_of(snapshot(more))
    more.pop(path("CMB-0001")[5:])
    yield board_of(snapshot(more))


def test_who_was_told_all_has_what_there_is():
    there, before = {}, None
    for number, board in enumerate(later()):
        after = pieces(str(number), board, before)
        told = changed(before, after)
        there = put_in(there, told)
        assert there == whole(after)
        if before:
            rows = told.get("rows", {})
            assert len(rows) < 6, "no more than what is another"
            assert "all" not in told
        before = after


def test_who_was_away_is_told_what_is_another():
    first, *_, last = later()
    one = pieces("1", first, None)
    far = pieces("9", last, None)
    assert put_in(put_in({}, changed(None, one)), changed(one, far)) == whole(far)
    assert put_in({}, changed(None, far)) == whole(far)


def test_time_that_passes_is_not_told_row_by_row():
    feed = snapshot()
    before = pieces("1", board_of(feed, now=NOON), None)
    after = pieces("2", board_of(feed, now=NOON + 40), before)
    assert not changed(before, after).keys() & {"rows", "order", "choices", "title"}
    # A lease that runs out is told: it is another state, not another number.
    over = pieces("3", board_of(feed, now=NOON + 1800), after)
    assert "CMB-0008" in changed(after, over)["rows"]


def test_what_has_changed_is_said_in_words():
    boards = list(later())
    said = [sentence(changes(a, b)) for a, b in pairwise(boards)]
    assert said[0] == "CMB-0020: new, awaiting, ORA-02"
    assert said[1].startswith("CMB-0008: at work, ORA-05")
    assert "CMB-0001: no longer open" in said[2]
    assert "CMB-0002: its turn" in said[2] or "more" in said[2]
    assert changes(boards[0], boards[0]) == ()
    soon = board_of(snapshot(), now=NOON + 1800)
    assert dict(changes(boards[0], soon))["CMB-0008"] == "lease over"
