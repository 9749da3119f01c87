"""A fleet in virtual time: `make simulate`, and docs/simulator.md says what it shows."""
