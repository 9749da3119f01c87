"""The fields of posts as a store is given them."""

KEY = "CAMBER:file:a"
OTHER = "CAMBER:page:b"


def first(key=KEY, seat="CAMBER-06", state="IN_PROGRESS", **more):
    """The first post of an item: a claim of `key`."""
    return {
        "STATE": state,
        "SEAT": seat,
        "SUBJECT": "a piece of work",
        "SURFACE_KEY": key,
        "NO_OVERLAP_PROOF": "nobody else works on it",
        **more,
    }


def then(state, seat="CAMBER-06", **more):
    """A later post of an item."""
    return {"STATE": state, "SEAT": seat, **more}
