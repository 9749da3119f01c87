"""What is compared, who brought it, and by which policy it is judged.

At a commit, a push, a receive, and afterwards in the history. What there is to say of
posts themselves is `judge.validate`'s; `docs/architecture.md` lists the modules.
"""
