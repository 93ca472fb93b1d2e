"""The API's answers about beats as types; /openapi.json describes these."""

import io
from typing import Literal, cast

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter

from ecg.beats.beats import EVERY, Beats
from ecg.signal.signal import RateSource
from ecg.tasks import NOTICE
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers, Prediction
from twelvelead.web.schemas.pages import Document, Failure

Decided = Literal["accepted", "uncertain"]
Framework = Literal["keras", "pytorch", "ensemble"]

AT_ONCE = 4096  # beats that are objects at once: each takes 1.5 KB then, and 150 bytes as JSON
NO_BEATS = '"beats":[]'


class SignalRead(Document):
    """A recording as it was read."""

    rate: float = Field(description="Hz")
    rate_source: RateSource = Field(description="assumed: nothing told it, times may be wrong")
    lead: str = Field(description="the one whose beats were classified")
    leads: list[str] = Field(description="all that the recording has")
    seconds: float
    notes: list[str] = Field(description="sentences on how it was read")


class HeartRate(Document):
    """Beats a minute, from the intervals between beats."""

    mean: float
    median: float
    least: float = Field(description="of the longest interval")
    most: float = Field(description="of the shortest interval")


class BeatMade(Document):
    """One model's answer for one beat."""

    time_s: float = Field(description="of its R peak, from the begin of the recording")
    sample: int = Field(description="of its R peak, from 0")
    rr_s: float | None = Field(description="since the beat before; null for the first")
    label: str
    probabilities: dict[str, float]
    decision: Decided


BEATS = TypeAdapter(list[BeatMade], config=ConfigDict(defer_build=True))


class BeatsMade(Document):
    """One model's answers for all beats."""

    model: str
    framework: Framework
    runtime: str
    labels: list[str] = Field(description="in the model's own output order")
    counts: dict[str, int] = Field(description="beats by label")
    surest: int | None = Field(
        description="index into `beats` of the highest probability; null without beats"
    )
    beats: list[BeatMade]
    timings_ms: dict[str, float]
    model_sha256: str


class SignalPredictions(Document):
    """What the chosen models say of each beat of a recording."""

    signal: SignalRead
    beats: int
    heart_rate: HeartRate | None = Field(description="null for fewer than two beats")
    predictions: list[BeatsMade]
    failures: list[Failure]
    notice: str


class EarlierAnswer(Document):
    """What the earlier app said of a CSV."""

    output: list[int] = Field(description="each beat's class, as an index into the model's labels")
    ecg_plot: str = Field(description="PNG in base64: the beat with the highest probability")
    label: str = Field(description="of that beat")
    probability: float


class Progress(Document):
    """How far a recording's analysis is."""

    state: Literal["waiting", "running", "done", "failed"]
    share: float = Field(description="0..1 of the models' work")
    detail: str


class TraceStretch(Document):
    """A stretch of one lead, mV: a value each `step` seconds, or the lowest and highest of each."""

    start: float = Field(description="s")
    step: float = Field(description="s")
    low: list[float]
    high: list[float] = Field(description="empty where `low` holds the samples themselves")


class BeatColumns(Document):
    """One model's answers for all beats, in columns."""

    labels: list[str]
    times: list[float] = Field(description="s")
    rr: list[float | None] = Field(description="s, since the beat before")
    heights: list[float] = Field(description="mV at the R peak")
    classes: list[int] = Field(description="index into labels")
    confidence: list[float]
    accepted: list[bool]


def describe_signal(answers: Answers[Recording], leads: tuple[str, ...]) -> SignalRead:
    """What was read. leads: all that the recording came with."""
    signal = answers.batch.signal
    return SignalRead(
        rate=signal.rate,
        rate_source=signal.rate_source,
        lead=signal.leads[answers.batch.lead],
        leads=list(leads),
        seconds=signal.seconds,
        notes=list(signal.notes),
    )


def describe_heart_rate(beats: Beats) -> HeartRate | None:
    """None where there is no interval."""
    if not len(beats.rr):
        return None
    return HeartRate(
        mean=round(60 / float(beats.rr.mean()), 1),
        median=round(60 / float(np.median(beats.rr)), 1),
        least=round(60 / float(beats.rr.max()), 1),
        most=round(60 / float(beats.rr.min()), 1),
    )


def write_predictions(answers: Answers[Recording], leads: tuple[str, ...]) -> bytes:
    """The JSON document of one recording, its beats written some at a time: as objects all take far more."""
    document = describe_beats(answers, leads, slice(0)).model_dump_json()
    first, *others = document.split(NO_BEATS)  # within a text its quotes would be escaped
    written = io.BytesIO()
    written.write(first.encode())
    for one, after in zip(answers.predictions, others, strict=True):
        written.write(NO_BEATS[:-1].encode())
        for begin in range(0, len(answers.batch.beats), AT_ONCE):
            part = _beats_made(one, answers.batch.beats, slice(begin, begin + AT_ONCE))
            written.write((b"," if begin else b"") + BEATS.dump_json(part)[1:-1])
        written.write(f"]{after}".encode())
    return written.getvalue()


def describe_beats(
    answers: Answers[Recording], leads: tuple[str, ...], some: slice = EVERY
) -> SignalPredictions:
    """The JSON document of one recording, with these of its beats."""
    return SignalPredictions(
        signal=describe_signal(answers, leads),
        beats=len(answers.batch.beats),
        heart_rate=describe_heart_rate(answers.batch.beats),
        predictions=[_describe_model(one, answers, some) for one in answers.predictions],
        failures=[Failure(model=key, detail=why) for key, why in answers.failures.items()],
        notice=NOTICE,
    )


def intervals(beats: Beats, some: slice = EVERY) -> list[float | None]:
    """Seconds since the beat before, None for the first; of the beats in `some`."""
    rounded = np.round(beats.rr_before[some], 4).tolist()
    return [None, *rounded[1:]] if rounded and not some.start else rounded


def _describe_model(one: Prediction, answers: Answers[Recording], some: slice) -> BeatsMade:
    return BeatsMade(
        model=one.model,
        framework=cast(Framework, one.framework),
        runtime=one.runtime,
        labels=list(one.labels),
        counts=one.counts(),
        surest=one.surest if len(answers.batch.beats) else None,
        beats=_beats_made(one, answers.batch.beats, some),
        timings_ms={step: round(ms, 3) for step, ms in one.timings_ms.items()},
        model_sha256=one.model_sha256,
    )


def _beats_made(one: Prediction, beats: Beats, some: slice) -> list[BeatMade]:
    columns = zip(
        np.round(beats.times[some], 4).tolist(),
        beats.indices[some].tolist(),
        intervals(beats, some),
        [one.labels[place] for place in one.classes[some]],
        np.round(one.probabilities[some], 6).tolist(),
        ["accepted" if sure else "uncertain" for sure in one.accepted[some]],
        strict=True,
    )
    return [
        BeatMade(
            time_s=time,
            sample=sample,
            rr_s=rr,
            label=label,
            probabilities=dict(zip(one.labels, shares, strict=True)),
            decision=decision,
        )
        for time, sample, rr, label, shares, decision in columns
    ]


def describe_columns(one: Prediction, beats: Beats) -> BeatColumns:
    """For the viewer: rounded to what is shown."""
    return BeatColumns(
        labels=list(one.labels),
        times=np.round(beats.times, 3).tolist(),
        rr=[None if rr is None else round(rr, 3) for rr in intervals(beats)],
        heights=np.round(beats.trace[beats.indices].astype(np.float64), 3).tolist(),
        classes=one.classes.tolist(),
        confidence=np.round(one.confidence, 3).tolist(),
        accepted=one.accepted.tolist(),
    )
