"""An item with something in every field."""

from fleetfeed.model.item import Item, Renewal
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey

FULL = Item(
    id="CMB-0001",
    newest=7,
    state=State.IN_PROGRESS,
    seat="CAMBER-06",
    filer="CAMBER-07",
    owner="CAMBER-08",
    holder="CAMBER-09",
    epoch=3,
    subject="a piece of work",
    keys=(SurfaceKey.of("CAMBER:file:src/a.py"), SurfaceKey.of("ORA:job:x_y")),
    ever_held=frozenset({("camber", "file", "b"), ("ora", "job")}),
    apart_from=("CMB-0004", "ORA-0002"),
    lease="2h",
    op="claim-7",
    renewals=(
        Renewal("CAMBER-06", "CAMBER-08", None, ""),
        Renewal("CAMBER-09", "CAMBER-08", "2h", "2026-05-03T18:55:12Z"),
    ),
    unreadable=(5, 6),
    unreadable_keys=(SurfaceKey.of("CAMBER:page:c"),),
    kept=(("DEPENDS_ON", ("CMB-0002", "CMB-0003")), ("PRIORITY", "1")),
    turn=2,
    waiter="CAMBER-10",
)
