"""Whether a server keeps the time of leases, and can."""

import os

from fleetfeed.doctor.place import Feed
from fleetfeed.doctor.report import Check
from fleetfeed.feed.objects import object_id
from fleetfeed.git import queries
from fleetfeed.install.locations import common_folder
from fleetfeed.lease.announced import KEEPS_TIME, SERVER_REF
from fleetfeed.lease.stamps import FILE, server_clock


def leases(feed: Feed) -> Check:
    """Whether signs of life are stamped here, and clients are told so."""
    git = feed.repo.git
    again = f"run `fleetfeed install --server {git.folder}`"
    if server_clock() is None:
        said = "this machine has no boot clock, so no lease lapses here"
        return Check("leases", "warn", said, "a steward moves what is held by the dead")
    if queries.exact(git, SERVER_REF) != object_id(
        "blob", KEEPS_TIME, feed.repo.id_size
    ):
        said = f"{SERVER_REF} does not say that time is kept: no client takes over"
        return Check("leases", "warn", said, again)
    file = common_folder(git) / FILE
    if file.exists() and not file.is_file():
        said = f"{file} is no file, so nothing can be stamped: no lease lapses"
        return Check("leases", "warn", said, "move it away")
    places = [each for each in (file, file.parent, file.parent.parent) if each.exists()]
    if not os.access(places[0], os.W_OK):
        said = f"{places[0]} cannot be written by this account: no lease lapses"
        return Check("leases", "warn", said, "give it to the account that git runs as")
    return Check("leases", "ok", f"signs of life are stamped in {FILE}")
