"""Whether one more recording is taken in, and which finished ones make room for it."""

from collections import Counter
from collections.abc import Sequence

from twelvelead.web.jobs.job import Job, JobLimits, NoRoom
from twelvelead.web.jobs.job_costs import in_time


def make_room(job: Job, jobs: Sequence[Job], limits: JobLimits) -> list[Job]:
    """The recordings that have to go for `job` to be kept beside the others.

    They are the session's oldest, beyond its share; then finished ones, of whoever keeps most, the one
    seen longest ago first. What is unfinished of another session is never among them. Raises NoRoom,
    with the time after which there may be some.
    """
    own = [one for one in jobs if one.owner == job.owner]
    gone = own[: max(0, len(own) - limits.each + 1)]
    left = [one for one in jobs if one not in gone]
    _check_work(job, left, limits)
    gone += _over_share(job, left, limits)
    left = [one for one in jobs if one not in gone]
    while not _fits([*left, job], limits.most, limits.memory):
        over = [one for one in left if one.is_over]
        if not over:
            raise NoRoom(
                "Too many recordings are being classified: send it again in {wait}.",
                _until_one_ends(left),
            )
        counts = Counter(one.client for one in left)
        gone.append(min(over, key=lambda one: (-counts[one.client], one.seen)))
        left.remove(gone[-1])
    return gone


def _over_share(job: Job, left: Sequence[Job], limits: JobLimits) -> list[Job]:
    """The client's own finished recordings that are beyond its share with one more."""
    own = [one for one in left if one.client == job.client]
    over = sorted((one for one in own if one.is_over), key=lambda one: one.seen)
    gone: list[Job] = []
    while not _fits([*own, job], limits.client, max(limits.memory // 2, job.memory)):
        if not over:
            raise NoRoom(
                "Too many recordings from your address are being classified: send this one again in "
                "{wait}.",
                _until_one_ends(own),
            )
        gone.append(over.pop(0))
        own.remove(gone[-1])
    return gone


def _check_work(job: Job, left: Sequence[Job], limits: JobLimits) -> None:
    """Raises NoRoom for more unfinished work than one client, or all of them, may have."""
    work = sum(one.remaining for one in left)
    own = sum(one.remaining for one in left if one.client == job.client)
    clients = len({one.client for one in left if not one.is_over} | {job.client})
    if own and own + job.cost > limits.work:
        wait = min(work, (own + job.cost - limits.work) * clients)
        raise NoRoom(
            "Recordings from your address are being classified that will take "
            f"{in_time(own)}: send this one again in {{wait}}.",
            wait,
        )
    if work + job.cost > limits.all_work and job.cost > limits.short:
        wait = max(1.0, work + job.cost - limits.all_work)
        raise NoRoom(
            f"Recordings that will take {in_time(work)} are waiting: send this one again in "
            "{wait}, or a shorter one now.",
            wait,
        )


def _fits(jobs: Sequence[Job], most: int, memory: int) -> bool:
    return len(jobs) <= most and sum(one.memory for one in jobs) <= memory


def _until_one_ends(jobs: Sequence[Job]) -> float:
    """Seconds until the first of them is estimated to be over."""
    return max(1.0, min((one.remaining for one in jobs if not one.is_over), default=1.0))
