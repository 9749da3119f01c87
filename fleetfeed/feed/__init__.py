"""The feed in a repository: where it is, and its trees as the judge wants them."""
