"""What `active` reads where the feed is known: no post, however many items are open."""

import pytest
from harness import claim, path, post

from fleetfeed.git import objects
from fleetfeed.git.process import Git
from fleetfeed.lease.heartbeat import beat_ids, beat_ref
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import newest_view
from fleetfeed.util.records import replace
from fleetfeed.writing.estimates import LeaseEstimates

ITEMS = 40
AT = "2026-05-03T18:55:12Z"


@pytest.fixture
def seat(fleet):
    """A clone that knows a feed of claims, each of two posts."""
    made = fleet.seat("CAMBER-06")
    for number in range(1, ITEMS + 1):
        item = f"CMB-{number:04d}"
        made.write(path(item), claim(item, f"CAMBER:file:{number}"))
        again = post(item=item, state="IN_PROGRESS", subject=None, at=AT)
        made.write(path(item, 2), again)
    made.commit("claims", "--no-verify")
    made.push("--no-verify")
    made.fleetfeed("index", "rebuild")
    return made


@pytest.mark.parametrize("beating", [False, True])
def test_no_post_is_read_to_list_what_is_open(seat, monkeypatch, beating):
    answer, read = objects._answer, []  # noqa: SLF001

    def counted(*args):
        read.append(args)
        return answer(*args)

    monkeypatch.setattr(objects, "_answer", counted)
    repo = Repo(Git(seat.folder, seat.environment))
    view = newest_view(repo, offline=True)
    items = view.snapshot.open
    if beating:
        refs = {beat_ref(item.id): beat_ids(item, repo.id_size)[0] for item in items}
        view = replace(view, refs=refs)
    leases = LeaseEstimates(repo, view)
    known = [leases.of(item) for item in items]
    assert [lease.over for lease in known] == [not beating] * ITEMS
    # HEAD and its policy, and the feed ref's.
    assert len(read) < 12
    repo.objects.close()
