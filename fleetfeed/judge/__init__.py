"""The judge: one pure function that says what may not happen to a feed.

`validate` compares two snapshots. `tree` looks at paths, `steps` at each new post in
turn (one small function a rule, in `fields`, `authority`, `epochs`, `surfaces`,
`dependencies`), and `collisions` and `numbers` at all of them together.
"""
