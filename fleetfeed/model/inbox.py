"""The inbox: refs at which seats leave commits for one another to land.

For hosts that run no queue of fleetfeed's. Whoever would lose the race for the feed ref
leaves its commit at a ref of its own, a *place*, where nobody competes; whoever gets to
land something lands all of them. What a place is at tells what it is:

* one commit upon the feed, itself not part of it: a post that **waits**;
* a commit of the feed: the place is **free**. What waited there has landed;
* a merge: what waited was **withdrawn**, or put away, and never lands from there.

A place only moves forward: from nothing, or from a commit of the feed, to a post; from
there to the newest commit of the feed as that gets the post, in one atomic push, or to
a merge of the post. So a host that refuses all but fast-forwards takes part, and of
"landed" and "withdrawn" exactly one comes true.
"""

INBOX = "refs/fleetfeed/inbox/"
"""Below this lie the places: not among the branches, which every clone would fetch."""


def is_place(ref: str) -> bool:
    """Whether `ref` is a place of the inbox."""
    return ref.startswith(INBOX) and len(ref) > len(INBOX)
