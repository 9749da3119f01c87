"""A seat's name as somebody gives it: it can be one, or is told what could."""

from fleetfeed.model.errors import Usage
from fleetfeed.model.fields import SPECS, is_none
from fleetfeed.model.names import seat_meant
from fleetfeed.util.printable import printable


def checked_seat(source: str, text: str) -> str:
    """`text` where it may be a seat's name; Usage about its `source` otherwise.

    The word that lets an owner go is nobody's name: a claim by it could not be told
    from one by nobody.
    """
    named = f"{source} '{printable(text)}'"
    if is_none(text):
        raise Usage(f"{named} is nobody; name a seat, such as CAMBER-06")
    wrong = SPECS["SEAT"].check(text)
    if not wrong:
        return text
    meant = seat_meant(text)
    raise Usage(f"{named} is no seat; write {meant}" if meant else f"{named} {wrong}")
