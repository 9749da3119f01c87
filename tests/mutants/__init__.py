"""Mutation testing: `python -m mutants` (see docs/mutants.md)."""
