"""From a verb to a post on the feed ref: request, transaction, retry, answer."""
