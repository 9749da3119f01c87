"""Cost against size: feeds of a thousand, a hundred thousand and a million posts.

docs/scale.md says how to read what comes out.
"""
