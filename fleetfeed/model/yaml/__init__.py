"""The strict part of YAML: what a post and a policy may be written in.

Two readers that see two posts in one file would break the claim; so what YAML
libraries disagree about is refused here, in words, with the line as it should be.
"""

from fleetfeed.strictyaml.dump import dump
from fleetfeed.strictyaml.load import load
from fleetfeed.strictyaml.node import (
    POLICY,
    POST,
    Dialect,
    Listing,
    Node,
    Scalar,
    Table,
)
from fleetfeed.strictyaml.salvage import salvage

__all__ = [
    "POLICY",
    "POST",
    "Dialect",
    "Listing",
    "Node",
    "Scalar",
    "Table",
    "dump",
    "load",
    "salvage",
]
