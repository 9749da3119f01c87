"""What is so when many have claimed one surface, or one item."""

from race import plays
from race.oracle_answers import check_held, check_won


def judge(arena, told, words):
    """One has won and all others are told so, and the feed is as they were told."""
    feed = arena.feed()
    winners = [each for each in told if each.won]
    assert len(winners) == 1, told
    check_won(winners[0], feed)
    for each in told:
        assert each.won or check_held(each, feed, words) == plays.ITEM
    assert feed.holders(plays.SURFACE) == [(plays.ITEM, winners[0].seat)]
    # With the commit that has started the feed.
    assert (list(feed.posts), len(feed.commits)) == ([plays.ITEM], len(feed) + 1)
    arena.audit()
    return len(feed)
