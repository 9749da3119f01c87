"""The race for one surface, played out by real processes on a throw-away server.

Nothing here is staged but the two posts: git, the hooks and the server's refusal are
those that a fleet gets. `play` is the story, `stage` where it happens, `screen` how it
is told, `processes` what makes sure that nothing outlives it.
"""
