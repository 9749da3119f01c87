"""What a fleet came to, in figures."""

from collections.abc import Sequence

from bench.fleet.seats import Worker

HOURLY = "useful tickets an hour"
WORTH = "the work of how many seats"
THROWN = "of all work, thrown away (%)"
CONFLICTS = "conflicts at merge"
WAITED = "of the seats' time, not at work (%)"
ASKED = "taking a ticket and giving it back, mean (s)"
LANDED = "git, a ticket, mean (s)"
CPU = "of a processor, a ticket (s)"
LEFT = "not done when time was up"
OF_BACKLOG = (HOURLY, WORTH, THROWN, CONFLICTS, WAITED, ASKED, LANDED, CPU, LEFT)
OF_FREE = (WORTH, HOURLY, ASKED, LANDED, CPU)


def of_fleet(
    workers: Sequence[Worker], cpu: float, done: int, wanted: int
) -> dict[str, float]:
    """The figures of `workers` who have `done` so much of what is `wanted`.

    All their commands, and the servers', took `cpu` seconds of a processor.
    """
    days = [worker.day for worker in workers]
    wall = max(day.ended for day in days) - min(day.begun for day in days)
    worked = sum(day.worked for day in days)
    taken = max(1, sum(day.taken for day in days))
    return {
        HOURLY: 3600 * done / wall,
        WORTH: done * workers[0].seconds / wall,
        THROWN: 100 * sum(day.thrown for day in days) / worked if worked else 0.0,
        CONFLICTS: float(sum(day.conflicts for day in days)),
        WAITED: 100 * (1 - worked / (wall * len(days))),
        ASKED: sum(day.asked for day in days) / taken,
        LANDED: sum(day.landed for day in days) / taken,
        CPU: cpu / taken,
        LEFT: float(wanted - done),
    }
