"""Many writers at once: what one server takes, and how long each of them waits.

docs/contention.md says how to read what comes out.
"""
