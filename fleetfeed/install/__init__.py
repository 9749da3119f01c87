"""Putting hooks into repositories and servers, and taking them out without a trace."""
