"""Files of a work tree as tree entries; no hook comes here."""

import os

from fleetfeed.feed.objects import EXECUTABLE, LINK, PLAIN, Entry, object_id
from fleetfeed.model.errors import CannotTell
from fleetfeed.util.printable import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def entry_from_disk(
    path: "Path", blobs: dict[str, bytes], id_size: int = 20
) -> Entry | None:
    """The entry that `git add` would make of `path`, its bytes put into `blobs`.

    None where there is no file. CannotTell where it cannot be read. Ids have `id_size`
    bytes, as in the repository that the entry is for.
    """
    try:
        if path.is_symlink():
            data, mode = os.fsencode(path.readlink()), LINK
        else:
            data = path.read_bytes()
            mode = EXECUTABLE if path.stat().st_mode & 0o100 else PLAIN
    except FileNotFoundError:
        return None
    except OSError as error:
        why = error.strerror or "no reason given"
        raise CannotTell(f"{shown(str(path))} cannot be read: {why}") from error
    id_ = object_id("blob", data, id_size)
    blobs[id_] = data
    return Entry(path.name, mode, id_)
