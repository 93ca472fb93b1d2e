"""Requests from many clients at once, by `hey`, which costs the machine little; every answer counted."""

import csv
import resource
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.errors import BenchmarkError, NotMeasured
from benchmarks.setups.pages import Payload

TOOL = "hey"
REQUEST_SECONDS = 60  # after which a request counts as lost
INSTALL = "On Debian, run 'sudo apt-get install hey'; on macOS, 'brew install hey'."


@dataclass(frozen=True)
class TimedAnswer:
    """One answer: HTTP status, seconds until it was there, seconds into the run at which it was asked."""

    status: int
    seconds: float
    asked_at: float


@dataclass(frozen=True)
class Load:
    """The answers to `sent` requests. cost: core-seconds that the load generator took."""

    answers: tuple[TimedAnswer, ...]
    sent: int
    cost: float

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        ends = [one.asked_at + one.seconds for one in self.answers]
        return max(ends) - min(one.asked_at for one in self.answers) if ends else 0.0

    @property
    def per_second(self) -> float:
        """Pages answered (200) per second."""
        return len(self.times(200)) / self.seconds if self.seconds else 0.0

    def times(self, status: int) -> list[float]:
        """Seconds of each answer with this status."""
        return [one.seconds for one in self.answers if one.status == status]

    def demand_all(self) -> "Load":
        """The load itself. Raises NotMeasured where a request got no answer, or another one than 200."""
        failed = self.sent - len(self.times(200))
        if failed:
            found = sorted({one.status for one in self.answers} - {200})
            told = f"with status {', '.join(map(str, found))}" if found else "without an answer"
            raise NotMeasured(f"{failed} of {self.sent} requests ended {told}")
        return self


def find_tool() -> str:
    """The load generator's path. Raises BenchmarkError with how to install it."""
    found = shutil.which(TOOL)
    if found is None:
        raise BenchmarkError(f"The load comes from '{TOOL}', which is not on the PATH. {INSTALL}")
    return found


def send(address: str, body: Payload, count: int, clients: int) -> Load:
    """Posts a body `count` times (brought to a multiple of `clients`, at least one each)."""
    each = max(1, round(count / clients))
    # fmt: off
    command = [
        find_tool(), "-cpus", "1", "-n", str(each * clients), "-c", str(clients),
        "-t", str(REQUEST_SECONDS), "-m", "POST", "-T", body.content_type,
        "-D", str(body.file), "-o", "csv", address,
    ]
    # fmt: on
    before = _children_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"{TOOL} failed: {done.stderr.strip()[-200:]}")
    cost = _children_seconds() - before
    return Load(tuple(read_answers(done.stdout.splitlines())), each * clients, cost)


def read_answers(lines: Iterable[str]) -> list[TimedAnswer]:
    """hey's table (`-o csv`), one answer a line; requests without an answer are not in it."""
    return [
        TimedAnswer(int(row["status-code"]), float(row["response-time"]), float(row["offset"]))
        for row in csv.DictReader(lines)
    ]


def middle_ms(times: list[float]) -> float:
    """The median, in milliseconds. Raises NotMeasured for no times."""
    if not times:
        raise NotMeasured("no request was answered")
    return 1000 * median(times)


def percentile_ms(times: list[float], percent: int) -> float:
    """A percentile, in milliseconds; the only one of a single time. Raises NotMeasured for no times."""
    if not times:
        raise NotMeasured("no request was answered so")
    if len(times) == 1:
        return 1000 * times[0]
    return 1000 * quantiles(times, n=100, method="inclusive")[percent - 1]


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
