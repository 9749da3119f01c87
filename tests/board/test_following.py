"""What follows the feed goes on, whatever becomes of a look or of a question."""

import queue

import pytest
from board.live import filed
from harness import Scene

from fleetfeed.board.following import Question
from fleetfeed.cli.board import _following
from fleetfeed.cli.context import Shell


@pytest.fixture
def followed(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    for name, value in scene.me.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(scene.me.folder)
    following, seen = _following(Shell(()), 3600.0), queue.Queue()
    following.start(seen.put)
    yield following, seen
    following.stop()


def test_a_question_that_fails_ends_nobody(scene: Scene, followed) -> None:
    following, seen = followed
    failed = queue.Queue()
    for _ in range(2):
        following.ask(Question(lambda _view: 1 / 0, failed.put))
    first, second = failed.get(timeout=20), failed.get(timeout=20)
    assert "ZeroDivisionError" in first
    assert first == second  # it is written down once
    number = following.seen.number
    filed(scene.other, "third")
    while seen.get(timeout=30).number == number:
        pass
    assert "CMB-0003" in [row.item for row in following.seen.board.rows]
