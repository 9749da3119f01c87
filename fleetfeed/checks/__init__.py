"""What is compared, and by whom it is judged, at a commit, a push, an audit.

Each ends in `judge.validate`; none has an opinion of its own about posts.
"""
