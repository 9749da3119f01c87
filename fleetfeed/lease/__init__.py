"""Leases: how long a claim is good without a sign of life of whoever has it.

Pure. A clock is read elsewhere, and only by the server; here stands which posts are
signs of life, and what follows from when they were seen.
"""
