"""Says whether enforcement really is on, by trying it.

A hook file that is there proves nothing: it may not be executable, git may look
elsewhere, its Python may be gone, it may have been filled in for another folder. So a
post that must be refused is committed, merged and pushed, in scratch repositories that
stand in for the real one, and so is one that must pass.
"""
