"""What a seat can do to an item: each verb, as a plan of posts for the feed as it is.

Pure: a plan is a function of the feed, asked anew whenever the feed has moved. What may
not be is the judge's to say; here only stands what the judge cannot know, which is what
the seat meant. A claim of what somebody works on would be a lawful amendment to the
judge, where the somebody is another process of the same seat.
"""
