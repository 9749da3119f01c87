"""The ledger on PostgreSQL: how many writes it takes, at what sizes, and for how long.

The server is one of its own that writes to the disk as in life.
"""
