"""An item with something in every field."""

from fleetfeed.model.item import Item
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
    lease="2h",
    unreadable=(5, 6),
    unreadable_keys=(SurfaceKey.of("CAMBER:page:c"),),
    kept=(("DEPENDS_ON", ("CMB-0002", "CMB-0003")), ("PRIORITY", "1")),
)
