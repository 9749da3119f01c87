"""Says whether enforcement really is on, by trying it.

A hook file that is there proves nothing: git may look elsewhere, its Python may be
gone. So a post that must be refused, and one that must pass, are committed, merged and
pushed, in scratch repositories that stand in for the real one.
"""
