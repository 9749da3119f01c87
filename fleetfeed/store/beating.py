"""The holder's side of a beat: one small push, and an answer of three values."""

from dataclasses import dataclass

from fleetfeed.errors import GitFailed
from fleetfeed.feed.trees import Repo
from fleetfeed.feed.view import feed_in, newest_commit
from fleetfeed.feed.where import Where
from fleetfeed.item import Item
from fleetfeed.lease.beat import beat_ref, beats
from fleetfeed.shown import shown
from fleetfeed.snapshot import Snapshot
from fleetfeed.store.ledger import Landed, Outcome
from fleetfeed.store.push import outcome
