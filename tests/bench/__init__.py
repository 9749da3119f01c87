"""What fleetfeed costs: `make bench` prints it, docs/ says how to read it.

Every variant is measured once a round, in an order that is shuffled anew each round, so
that a machine that slows down for a while slows all of them. Differences and ratios are
taken inside a round and only then summed up.
"""
