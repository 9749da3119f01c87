"""The judge: one pure function that says what may not happen to a feed.

`validate` compares two snapshots: `paths` and `seals` look at what changed in the tree,
`validate.STEP_RULES` at each new post in turn (one small function a rule), `collisions`
at each surface that an item acquires, `numbers` at gaps and at numbers far away.
"""
