"""The words of the feed as pure values: names, surfaces, posts, items, policy."""
