"""The fleet's own rules: what `feed/policy.yaml` may say, and what it means."""

from fleetfeed.policy.model import DEFAULT, FieldRule, Leases, Policy
from fleetfeed.policy.read import read_policy
from fleetfeed.policy.template import template

__all__ = ["DEFAULT", "FieldRule", "Leases", "Policy", "read_policy", "template"]
