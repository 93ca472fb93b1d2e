"""What was measured: one value for a system, a figure and a round; and why others are missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from benchmarks.errors import NotMeasured


@dataclass(frozen=True)
class Measurement:
    """One measured value. at: what the figure depends on, such as the number of clients, else 0."""

    system: str
    figure: str
    value: float
    round: int
    at: int = 0


@dataclass
class Measurements:
    """All values of a run. missing: name of a system or figure -> why it was not measured."""

    values: list[Measurement] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, measurement: Measurement) -> None:
        """Keeps a value."""
        self.values.append(measurement)

    def of(self, system: str, figure: str, at: int = 0) -> dict[int, float]:
        """Round -> value."""
        return {
            one.round: one.value
            for one in self.values
            if (one.system, one.figure, one.at) == (system, figure, at)
        }

    def middle(self, system: str, figure: str, at: int = 0) -> float | None:
        """The median over the rounds, None where nothing was measured."""
        found = self.of(system, figure, at)
        return median(found.values()) if found else None

    def places(self, system: str, figure: str) -> list[int]:
        """Every `at` of a figure, ascending."""
        return sorted(
            {one.at for one in self.values if (one.system, one.figure) == (system, figure)}
        )

    @contextmanager
    def noting(self, name: str) -> Iterator[None]:
        """What can't be measured within is noted under `name`, and the run goes on."""
        try:
            yield
        except NotMeasured as error:
            self.missing.setdefault(name, str(error))
            print(f"  {name}: not measured: {error}", flush=True)
