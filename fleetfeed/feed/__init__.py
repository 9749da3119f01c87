"""The feed as a value of a tree: read, compared and summed up. Pure."""
