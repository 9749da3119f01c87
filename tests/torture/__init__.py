"""Torture: real commands on real servers that break, recorded, and checked afterwards."""
