"""fleetfeed: one active owner per surface, enforced at write time by git hooks."""

__version__ = "0.2.0"
