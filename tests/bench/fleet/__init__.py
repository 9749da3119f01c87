"""Does it pay? A fleet that works off one backlog, by several ways of dividing it up.

The work is sleep and real edits to real files, committed, rebased and pushed by git.
"""
