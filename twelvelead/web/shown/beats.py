"""What the page of a recording shows of one model's answers: counts, shares, histogram, templates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecg.beats.beats import EVERY, Beats
from ecg.tasks import Task
from model_registry.registry import Registry
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers, Prediction
from twelvelead.web.jobs.recording_jobs import Job
from twelvelead.web.schemas.signals import (
    HeartRate,
    StretchRead,
    describe_heart_rate,
    describe_stretches,
    intervals,
)
from twelvelead.web.server.errors import RequestError
from twelvelead.web.shown.drawing import Drawn, draw_line, draw_template

NORMAL = ("N", "normal")  # what is no abnormal beat
BINS = 10
ROWS = 50  # of the table, a page


@dataclass(frozen=True)
class ClassView:
    """One label: its words, its colour's number, how many beats, and what they look like."""

    label: str
    title: str
    colour: int
    count: int
    share: float
    uncertain: int
    template: Drawn | None

    @property
    def abnormal(self) -> bool:
        return self.label not in NORMAL


@dataclass(frozen=True)
class ModelView:
    """One model's answers.

    histogram: beats by confidence, in ten bins from 0 to 1. unread: how many beats get no label;
    stretches: where they are.
    """

    answer: Prediction
    title: str
    classes: Sequence[ClassView]
    histogram: list[int]
    surest: int | None
    surest_drawn: Drawn | None
    heart_rate: HeartRate | None
    unread: int
    stretches: list[StretchRead]

    @property
    def shaded(self) -> list[tuple[float, float]]:
        """From when to when no beat gets a label, s."""
        return [(one.start_s, one.end_s) for one in self.stretches]

    def of(self, label: str) -> ClassView:
        """That of a label."""
        return next(one for one in self.classes if one.label == label)


@dataclass(frozen=True)
class BeatRow:
    """One beat in the table. view: None where it gets no label, for the `reason`."""

    time: float
    rr: float | None
    view: ClassView | None
    confidence: float
    accepted: bool
    reason: str


@dataclass(frozen=True)
class TablePage:
    """Rows of a page of the table; `count` beats fit the filter."""

    rows: list[BeatRow]
    page: int
    last: int
    count: int


def chosen_answer(answers: Answers[Recording], key: str) -> Prediction:
    """The answers of a model by its key, of the first for "". Raises RequestError for any other."""
    for one in answers.predictions:
        if key in ("", one.model):
            return one
    told = ", ".join(one.model for one in answers.predictions) or "none"
    raise RequestError(f"This recording was not classified by such a model; there is: {told}.")


def view_of(job: Job, answers: Answers[Recording], key: str, registry: Registry) -> ModelView:
    """One model's view, made once. Raises RequestError for a model that was not asked."""
    one = chosen_answer(answers, key)
    if one.model not in job.shown:
        job.shown[one.model] = _make_view(one, answers.batch, registry)
    view: ModelView = job.shown[one.model]
    return view


def _make_view(one: Prediction, recording: Recording, registry: Registry) -> ModelView:
    entry, beats, surest = registry[one.model], recording.beats, one.surest
    counts, _ = np.histogram(one.confidence[one.read], bins=BINS, range=(0, 1))
    return ModelView(
        answer=one,
        title=entry.title,
        classes=[_class_view(one, beats, label, entry.task) for label in one.labels],
        histogram=counts.tolist(),
        surest=surest,
        surest_drawn=None if surest is None else draw_line(beats, surest),
        heart_rate=describe_heart_rate(recording),
        unread=int((~one.read).sum()),
        stretches=describe_stretches(recording),
    )


def _class_view(one: Prediction, beats: Beats, label: str, task: Task) -> ClassView:
    own = np.flatnonzero(one.read & (one.classes == one.labels.index(label)))
    return ClassView(
        label=label,
        title=task.labels[label],
        colour=colours(list(task.labels))[label],
        count=len(own),
        share=len(own) / max(1, int(one.read.sum())),
        uncertain=int((~one.accepted[own]).sum()),
        template=draw_template(beats, own) if len(own) else None,
    )


def colours(labels: Sequence[str]) -> dict[str, int]:
    """The number of each label's colour: 0 for the normal one, the others in the task's order."""
    others = [label for label in labels if label not in NORMAL]
    return {label: 0 if label in NORMAL else 1 + others.index(label) for label in labels}


def table_page(view: ModelView, recording: Recording, label: str, page: int) -> TablePage:
    """One page of the table, of one label or of all for ""; a page that is not there is the nearest."""
    one, times = view.answer, recording.beats.times
    names, rr = one.named(), intervals(recording)
    wanted = [n for n, name in enumerate(names) if label not in one.labels or name == label]
    last = max(1, -(-len(wanted) // ROWS))
    page = min(max(page, 1), last)
    confidence, accepted = one.confidence, one.accepted
    reasons = one.unread.reasons_of(EVERY, len(names))
    rows = [
        BeatRow(
            time=float(times[n]),
            rr=rr[n],
            view=None if (name := names[n]) is None else view.of(name),
            confidence=float(confidence[n]),
            accepted=bool(accepted[n]),
            reason=reason.message if (reason := reasons[n]) else "",
        )
        for n in wanted[(page - 1) * ROWS : page * ROWS]
    ]
    return TablePage(rows, page, last, len(wanted))
