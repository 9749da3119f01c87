"""Leases: how long a claim is good without a sign of life of whoever has it.

`lease` and `heartbeat` are pure: which posts are signs of life, and what follows from
when they were seen. Only the server reads a clock, for its `stamps`.
"""
