"""An item under a lease, and a clock that is ahead."""

from lease.leased import ahead, asks, later, leased

__all__ = ["ahead", "asks", "later", "leased"]
