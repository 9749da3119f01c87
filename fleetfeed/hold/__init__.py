"""Holding a claim while a command runs: beats, and an end for both when one ends."""
