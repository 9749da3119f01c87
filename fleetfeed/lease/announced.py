"""What a server says of itself: the blob that `refs/fleetfeed/server` stands for.

A client that is about to take over asks whether the server keeps time. The blob is
known beforehand, so its id alone, which `git ls-remote` tells, is the answer.
"""

SERVER_REF = "refs/fleetfeed/server"

KEEPS_TIME = b"format: 1\nstamps: yes\n"
"""The blob of a server whose hook stamps signs of life."""
