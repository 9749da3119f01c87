"""The strict part of YAML: what a post and a policy may be written in.

Two readers that see two posts in one file would break the claim; so what YAML
libraries disagree about is refused here, in words, with the line as it should be.
"""
