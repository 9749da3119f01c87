"""A repository seen as a feed: where the feed is, its snapshots, its cache on disk."""
