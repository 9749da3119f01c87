"""The fields of posts as a store is given them."""

from fleetfeed.model.post import Value

KEY = "CAMBER:file:a"
OTHER = "CAMBER:page:b"


def first(
    key: str = KEY, seat: str = "CAMBER-06", state: str = "IN_PROGRESS", **more: Value
) -> dict[str, Value]:
    """The first post of an item: a claim of `key`."""
    return {
        "STATE": state,
        "SEAT": seat,
        "SUBJECT": "a piece of work",
        "SURFACE_KEY": key,
        "NO_OVERLAP_PROOF": "nobody else works on it",
        **more,
    }


def then(state: str, seat: str = "CAMBER-06", **more: Value) -> dict[str, Value]:
    """A later post of an item."""
    return {"STATE": state, "SEAT": seat, **more}
