"""What the views work with, made once when the app is made."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import current_app

from ecg.page.library import Library, Picture, UnknownPicture, read_library
from ecg.simulate.sample_index import SignalSample, read_findings, read_signal_samples
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers
from twelvelead.inference.predictor import Asker, Predictor
from twelvelead.web.admission.admission import Admission, MemoryRoom
from twelvelead.web.jobs.job_costs import JobCosts
from twelvelead.web.jobs.recording_jobs import Job, JobLimits, SignalJobs
from twelvelead.web.server.capacity import Capacity
from twelvelead.web.server.metrics import ServerMetrics
from twelvelead.web.server.settings import Settings
from twelvelead.web.shown.shown_pictures import ShownPictures

KEPT_FOR_OTHERS = 8  # of so many places one more is there for clients who have none
MOST_SHOWN = 8_000_000  # bytes: thumbnails have about 10 KB, pages 200


@dataclass
class Services:
    """Settings, the predictor, the shipped samples, and the data set where one is set.

    recordings: the room for requests with a recording; uploads: that for all bytes that are sent;
    signals: that for recordings that are classified while their clients wait. warm: keys of the
    models that `warming` loads.
    stopping: whether the server was told to end. client_header: see twelvelead.web.server.clients.
    """

    settings: Settings
    predictor: Predictor
    samples: Library
    data: Library | None
    admission: Admission
    metrics: ServerMetrics
    costs: JobCosts
    jobs: SignalJobs
    signal_samples: tuple[SignalSample, ...]
    recordings: Admission
    uploads: MemoryRoom
    signals: MemoryRoom
    capacity: Capacity
    warm: list[str]
    warming: threading.Thread
    findings: dict[str, str] = field(default_factory=dict)
    stopping: Callable[[], bool] = lambda: False
    client_header: str | None = None
    shown: ShownPictures = field(default_factory=lambda: ShownPictures(MOST_SHOWN))

    def find_picture(self, wanted: str) -> Picture:
        """A sample or a page of the data set by its id. Raises UnknownPicture."""
        for library in (self.samples, self.data):
            try:
                if library is not None:
                    return library.find(wanted)
            except UnknownPicture:
                continue
        raise UnknownPicture("There is no such sample: take an id from the page or the gallery.")


def make_services(
    settings: Settings, predictor: Predictor, samples: Path, capacity: Capacity
) -> Services:
    """Reads the samples and, where it is set, the data set; starts warming models.

    Raises SettingsError.
    """
    data, warm = settings.data_dir, settings.models_to_warm(predictor.registry.known)
    kept = capacity.admitted // KEPT_FOR_OTHERS
    admission = Admission(capacity.admitted, settings.deadline / 3, kept=kept)
    costs, metrics = JobCosts(predictor.registry), ServerMetrics(predictor, admission)
    return Services(
        settings=settings,
        predictor=predictor,
        samples=read_library(samples, simulated=True),
        data=read_library(data, folder_labels=settings.data_folders) if data else None,
        findings=read_findings(samples),
        admission=admission,
        metrics=metrics,
        costs=costs,
        jobs=SignalJobs(
            classify_with(predictor, costs, metrics), JobLimits(memory=capacity.recordings_memory)
        ),
        signal_samples=read_signal_samples(samples / "signals"),
        recordings=Admission(capacity.recordings, settings.deadline / 3, shared=True),
        uploads=MemoryRoom(capacity.upload_memory),
        signals=MemoryRoom(capacity.recordings_memory),
        capacity=capacity,
        warm=warm,
        warming=predictor.warm(warm),
    )


def classify_with(
    predictor: Predictor, costs: JobCosts, metrics: ServerMetrics
) -> Callable[[Job, Asker], Answers[Recording]]:
    """What classifies a recording that was taken in and counts the answers; filtered traces aren't kept.

    It raises TooMuchWork where there turn out to be too many beats for the models that are asked.
    """

    def work(job: Job, asker: Asker) -> Answers[Recording]:
        def found(count: int) -> None:
            job.cost = costs.check(job.keys, count, job.signal.seconds)

        answers = predictor.predict(job.signal, job.keys, replace(asker, found=found))
        answers.batch.beats.kept.clear()
        costs.learn(answers)
        metrics.record(answers)
        return answers

    return work


def services() -> Services:
    """Those of the app that answers."""
    found: Services = current_app.extensions["twelvelead"]
    return found
