"""What the hook files call: each hook translates git's call into a check's.

No hook imports click, and none lets through what it could not read: `main.main` turns
every error, a bug included, into a refusal in words.
"""
