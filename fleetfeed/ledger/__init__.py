"""The contract of what posts are appended to, and its two kinds: git and memory."""
