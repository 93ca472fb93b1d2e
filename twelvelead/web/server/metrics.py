"""Figures for Prometheus. No label comes from what a client sends."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from twelvelead.inference.batch import Batch
from twelvelead.inference.prediction import Answers
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Usage
from twelvelead.web.admission.admission import Admission

KIND = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
PREFIX = "twelvelead_"
FAILED = "failed"  # beside the decisions


class ServerMetrics:
    """Counts of one app, in a registry of its own so that tests can make many apps."""

    def __init__(self, predictor: Predictor, admission: Admission) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            f"{PREFIX}requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            f"{PREFIX}request_seconds",
            "Seconds from a request's begin to its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.stages = Histogram(
            f"{PREFIX}stage_seconds",
            "Seconds of one model's answer by stage.",
            ("stage", "model"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.answers = Counter(
            f"{PREFIX}answers",
            "Answers of models by decision, or failed.",
            ("model", "decision"),
            registry=self.registry,
        )
        self.rejected = Counter(
            f"{PREFIX}rejected", "Requests not let in.", ("reason",), registry=self.registry
        )
        inside = Gauge(
            f"{PREFIX}requests_admitted",
            "Requests with a page that are in.",
            registry=self.registry,
        )
        inside.set_function(lambda: admission.inside)
        for collector in (UsageCollector(predictor), ProcessCollector(registry=None)):
            self.registry.register(collector)

    def record(self, answers: Answers[Batch]) -> None:
        """Counts what was said of a page or of each beat; an answer kept from a moment ago took no stages."""
        for one in answers.predictions:
            for decision, count in one.decisions().items():
                self.answers.labels(one.model, decision).inc(count)
            ran = one.timings_ms.get("run", 0.0) > 0
            for stage, milliseconds in one.timings_ms.items() if ran else ():
                self.stages.labels(stage, one.model).observe(milliseconds / 1000)
        for key in answers.errors:
            self.answers.labels(key, FAILED).inc()

    def as_text(self) -> bytes:
        """All figures as they are now, in Prometheus' text format."""
        return generate_latest(self.registry)


class UsageCollector(Collector):
    """What a predictor has in memory and did, read when somebody asks."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def collect(self) -> Iterable[Metric]:
        """The predictor's `usage()` as Prometheus knows it."""
        usage = self._predictor.usage()
        yield _gauge(
            "model_memory_budget_bytes", "Bytes that loaded models may take.", usage.budget
        )
        yield _gauge("runs_running", "Pages that are worked on now.", usage.running)
        yield _gauge("runs_waiting", "Pages that wait for their turn.", usage.waiting)
        yield from _by_model(usage)
        processes = GaugeMetricFamily(
            f"{PREFIX}framework_resident_bytes",
            "Bytes of each framework's process.",
            labels=["framework"],
        )
        _fill(processes, {(name,): size for name, size in usage.processes.items()})
        yield processes


def _by_model(usage: Usage) -> Iterable[Metric]:
    resident = GaugeMetricFamily(
        f"{PREFIX}model_resident_bytes", "Bytes of each loaded model, measured.", labels=["model"]
    )
    _fill(resident, {(key,): size for key, size in usage.resident.items()})
    loads = CounterMetricFamily(
        f"{PREFIX}model_loads", "How often each model was loaded.", labels=["model", "runtime"]
    )
    _fill(loads, {(key, runtime): count for (key, runtime), count in usage.loads.items()})
    evictions = CounterMetricFamily(
        f"{PREFIX}model_evictions", "How often a model made room for another.", labels=["model"]
    )
    _fill(evictions, {(key,): count for key, count in usage.evictions.items()})
    return resident, loads, evictions


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, meaning, value=value)


def _fill(
    family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[tuple[str, ...], int]
) -> None:
    for labels, value in values.items():
        family.add_metric(list(labels), value)
