"""The API's answers about beats as types; /openapi.json describes these."""

import io
from typing import Literal, cast

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter

from ecg.beats.beats import EVERY
from ecg.signal.signal import RateSource
from ecg.tasks import NOTICE
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers, Prediction
from twelvelead.web.schemas.pages import Document, Failure

Decided = Literal["accepted", "uncertain", "refused"]
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


class StretchRead(Document):
    """A part of the lead whose beats get no label."""

    start_s: float
    end_s: float
    code: str = Field(description="of the reason: noise, electrode_off, saturated, flutter, ..")
    message: str = Field(description="the reason as a sentence")


class HeartRate(Document):
    """Beats a minute, from the intervals between beats outside of `stretches`."""

    mean: float
    median: float
    least: float = Field(description="of the longest interval")
    most: float = Field(description="of the shortest interval")


class BeatMade(Document):
    """One model's answer for one beat."""

    time_s: float = Field(description="of its R peak, from the begin of the recording")
    sample: int = Field(description="of its R peak, from 0")
    rr_s: float | None = Field(
        description="since the beat before; null for the first, and where a stretch lies between"
    )
    label: str | None = Field(description="null where it is refused")
    probabilities: dict[str, float] = Field(description="empty where it is refused")
    decision: Decided
    reason_code: str | None = Field(description="why it is refused, as in `stretches`")


BEATS = TypeAdapter(list[BeatMade], config=ConfigDict(defer_build=True))


class BeatsMade(Document):
    """One model's answers for all beats."""

    model: str
    framework: Framework
    runtime: str
    labels: list[str] = Field(description="in the model's own output order")
    counts: dict[str, int] = Field(description="beats by label; refused ones are left out")
    unread: dict[str, int] = Field(description="refused beats by the code of their reason")
    surest: int | None = Field(
        description="index into `beats` of the highest probability; null where none has a label"
    )
    reasons: list[str] = Field(description="why no answer is more than uncertain")
    reason_codes: list[str]
    beats: list[BeatMade]
    timings_ms: dict[str, float]
    model_sha256: str


class SignalPredictions(Document):
    """What the chosen models say of each beat of a recording."""

    signal: SignalRead
    beats: int
    stretches: list[StretchRead] = Field(description="where the lead can't be read, in order")
    heart_rate: HeartRate | None = Field(description="null where no two beats follow each other")
    predictions: list[BeatsMade]
    failures: list[Failure]
    notice: str


class EarlierAnswer(Document):
    """What the earlier app said of a CSV."""

    output: list[int | None] = Field(
        description="each beat's class, as an index into the model's labels; null where it can't be read"
    )
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
    classes: list[int] = Field(
        description="index into labels; how many there are for a refused beat"
    )
    confidence: list[float] = Field(description="0 for a refused beat")
    accepted: list[bool]
    reasons: list[str | None] = Field(description="code of why a beat is refused")


def describe_signal(answers: Answers[Recording], leads: tuple[str, ...]) -> SignalRead:
    """What was read. leads: all that the recording came with."""
    signal = answers.batch.signal
    return SignalRead(
        rate=signal.rate,
        rate_source=signal.rate_source,
        lead=signal.leads[answers.batch.lead],
        leads=list(leads),
        seconds=signal.seconds,
        notes=list(answers.batch.notes),
    )


def describe_stretches(recording: Recording) -> list[StretchRead]:
    """Where the lead can't be read."""
    return [
        StretchRead(
            start_s=round(one.start_s, 3),
            end_s=round(one.end_s, 3),
            code=one.reason.code,
            message=one.reason.message,
        )
        for one in recording.stretches
    ]


def describe_heart_rate(recording: Recording) -> HeartRate | None:
    """None where there is no interval outside of the stretches that can't be read."""
    rr = recording.beats.rr[recording.sure_intervals]
    if not len(rr):
        return None
    return HeartRate(
        mean=round(60 / float(rr.mean()), 1),
        median=round(60 / float(np.median(rr)), 1),
        least=round(60 / float(rr.max()), 1),
        most=round(60 / float(rr.min()), 1),
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
            part = _beats_made(one, answers.batch, slice(begin, begin + AT_ONCE))
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
        stretches=describe_stretches(answers.batch),
        heart_rate=describe_heart_rate(answers.batch),
        predictions=[_describe_model(one, answers, some) for one in answers.predictions],
        failures=[Failure(model=key, detail=why) for key, why in answers.failures.items()],
        notice=NOTICE,
    )


def intervals(recording: Recording, some: slice = EVERY) -> list[float | None]:
    """Seconds since the beat before, of the beats in `some`.

    None for the first, and where a stretch that can't be read lies between.
    """
    rounded = np.round(recording.beats.rr_before[some], 4).tolist()
    sure = np.concatenate([[False], recording.sure_intervals])[: len(recording.beats)][some]
    return [rr if known else None for rr, known in zip(rounded, sure.tolist(), strict=True)]


def _describe_model(one: Prediction, answers: Answers[Recording], some: slice) -> BeatsMade:
    return BeatsMade(
        model=one.model,
        framework=cast(Framework, one.framework),
        runtime=one.runtime,
        labels=list(one.labels),
        counts=one.counts(),
        unread=one.unread.counts(),
        surest=one.surest,
        reasons=[reason.message for reason in one.reasons],
        reason_codes=[reason.code for reason in one.reasons],
        beats=_beats_made(one, answers.batch, some),
        timings_ms={step: round(ms, 3) for step, ms in one.timings_ms.items()},
        model_sha256=one.model_sha256,
    )


def _beats_made(one: Prediction, recording: Recording, some: slice) -> list[BeatMade]:
    beats = recording.beats
    columns = zip(
        np.round(beats.times[some], 4).tolist(),
        beats.indices[some].tolist(),
        intervals(recording, some),
        one.named()[some],
        np.round(one.probabilities[some], 6).tolist(),
        ["accepted" if sure else "uncertain" for sure in one.accepted[some]],
        one.unread.reasons_of(some, len(beats)),
        strict=True,
    )
    return [
        BeatMade(
            time_s=time,
            sample=sample,
            rr_s=rr,
            label=label,
            probabilities={} if reason else dict(zip(one.labels, shares, strict=True)),
            decision="refused" if reason else decision,
            reason_code=reason.code if reason else None,
        )
        for time, sample, rr, label, shares, decision, reason in columns
    ]


def describe_columns(one: Prediction, recording: Recording) -> BeatColumns:
    """For the viewer: rounded to what is shown."""
    beats, read = recording.beats, one.read
    reasons = one.unread.reasons_of(EVERY, len(beats))
    return BeatColumns(
        labels=list(one.labels),
        times=np.round(beats.times, 3).tolist(),
        rr=[None if rr is None else round(rr, 3) for rr in intervals(recording)],
        heights=np.round(beats.trace[beats.indices].astype(np.float64), 3).tolist(),
        classes=np.where(read, one.classes, len(one.labels)).tolist(),
        confidence=np.round(np.where(read, one.confidence, 0.0), 3).tolist(),
        accepted=one.accepted.tolist(),
        reasons=[reason.code if reason else None for reason in reasons],
    )
