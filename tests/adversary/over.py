"""Rows of pushes, over real transports: one way each at first, all of them in stress."""

from collections.abc import Iterable

import pytest
from harness.pushes import FEED, Row, check_pushed, everything
from harness.repo import Result
from harness.scene import Scene
from harness.transport import FORCED_COMMAND, GIT_DAEMON, HTTP, Transport

NETWORK = (GIT_DAEMON, HTTP, FORCED_COMMAND)


def over(rows: Iterable[Row], *, small: bool = True):
    """Each of `rows` over one transport, in turn; in stress over each of them.

    Without `small`, in stress alone.
    """
    return [
        pytest.param(
            row,
            way,
            id=f"{row.name}-{way}",
            marks=[] if small and turn % len(NETWORK) == place else [pytest.mark.large],
        )
        for turn, row in enumerate(rows)
        for place, way in enumerate(NETWORK)
    ]


def push_over(row: Row, way: Transport, scene: Scene) -> Result:
    """Prepare what `row` pushes, and push it by plain git over `way`."""
    args = row.play(scene) or [FEED]
    before = everything(scene.server)
    with way.open(scene.server) as address:
        me = address.join(scene.me)
        pushed = me.git("push", "--no-verify", "origin", *args, ok=None)
    # The block has waited for git to clean up behind its answer.
    check_pushed(row, pushed, scene.server, before)
    return pushed
