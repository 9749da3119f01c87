"""The command line: parse, ask, print. No decision is taken here."""
