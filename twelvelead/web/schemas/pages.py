"""The API's answers as types: what is sent is made from these, and /openapi.json describes these."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ecg.digitise.traces import DECIMALS, Traces
from ecg.page.page import Page
from ecg.page.picture_kind import PictureKind, picture_kind
from ecg.page.straighten.straightening import Straightening
from ecg.tasks import NOTICE
from twelvelead.inference.batch import PageBatch
from twelvelead.inference.prediction import Answers


class Document(BaseModel):
    """The root of all answers: no other fields than those described. Each is built with its first."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), defer_build=True)


class PageStraightened(Document):
    """How a flat, upright page was made of a picture."""

    degrees: float = Field(description="by how much it lay turned clockwise, beyond quarter turns")
    quarter_turns: int = Field(description="by how many of those it lay turned clockwise")
    corners: list[tuple[float, float]] = Field(
        description="of the trace frame in the picture, px, clockwise from the page's upper left one"
    )
    width: int = Field(description="of the flat page, px: frame and area are of this page")
    height: int
    notes: list[str]


class PageRead(Document):
    """A page as it was read: upright size and areas in pixels (left, top, right, bottom)."""

    sha256: str
    kind: PictureKind = Field(description="a 12-lead page, or the picture of one beat")
    width: int
    height: int
    frame: tuple[int, int, int, int] | None = Field(description="null: none was found")
    area: tuple[int, int, int, int] = Field(description="what the models read")
    straightened: PageStraightened | None = Field(description="null: it was flat and upright")
    notes: list[str] = Field(description="what was done to the picture before it was read")


class PredictionMade(Document):
    """One model's answer."""

    model: str
    framework: Literal["keras", "pytorch", "ensemble"]
    runtime: str
    label: str | None = Field(description="null if refused")
    probabilities: dict[str, float]
    decision: Literal["accepted", "uncertain", "refused"]
    cannot_rule_out: list[str] = Field(
        description="classes that it may be after all, at 90 % coverage, the label among them, the "
        "likeliest first; empty if refused, or if the model was never measured for that"
    )
    reasons: list[str]
    reason_codes: list[str] = Field(description="the same for programs, in the same order")
    familiarity: float | None = Field(
        description="percentile (0..100) of the training pages' distances: the higher, the stranger the "
        "page; null where the model keeps no reference"
    )
    seen_in_training: Literal["same_file", "nearly"] | None = Field(
        description="whether the page, or nearly the same picture, is in the model's training data"
    )
    notes: list[str] = Field(description="what else is to be said, no doubt about the answer")
    timings_ms: dict[str, float]
    page_sha256: str
    model_sha256: str


class Failure(Document):
    """A model that could not answer."""

    model: str
    detail: str


class DissentMade(Document):
    """A model whose label is another than the verdict's."""

    model: str
    label: str
    decision: Literal["accepted", "uncertain", "refused"]
    weak: bool = Field(description="it counts for nothing: others are measurably better")
    sentence: str


class VerdictMade(Document):
    """What the answers come to: the lead's, as far as the models that matter agree with it."""

    label: str | None = Field(description="null if refused")
    probabilities: dict[str, float] = Field(description="the lead's")
    decision: Literal["accepted", "uncertain", "refused"]
    sentence: str = Field(description="the verdict in words")
    reasons: list[str]
    reason_codes: list[str] = Field(description="the same for programs, in the same order")
    lead: str | None = Field(
        description="whose answer it is: the consensus, else the best measured; null if refused"
    )
    rests_on: list[str] = Field(description="the models that had to agree")
    order: list[str] = Field(description="the models that answered: the lead, then by quality")
    dissents: list[DissentMade]


class Predictions(Document):
    """What the chosen models say of one page, and what that comes to."""

    page: PageRead
    verdict: VerdictMade | None
    predictions: list[PredictionMade]
    failures: list[Failure]
    notice: str


class TraceRead(Document):
    """One lead, as far as the page shows it."""

    lead: str
    start: float = Field(description="s, on the clock that all leads share")
    millivolts: list[float]


class TracesRead(Document):
    """Twelve leads read back from a clean page."""

    rate: int = Field(description="samples a second")
    seconds: float = Field(description="from the page's first column to its last")
    rhythm: str | None = Field(description="the lead of the strip; null: like none, and left out")
    leads: list[TraceRead]
    notes: list[str]
    notice: str = NOTICE


class Problem(Document):
    """RFC 9457: what was wrong, and what would be right."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None


def describe_page(page: Page) -> PageRead:
    """What of a page is read."""
    return PageRead(
        sha256=page.sha256,
        kind=picture_kind(page),
        width=page.size[0],
        height=page.size[1],
        frame=page.frame.as_tuple() if page.frame else None,
        area=page.area.as_tuple(),
        straightened=_describe_straightened(page.straightened),
        notes=list(page.notes),
    )


def _describe_straightened(done: Straightening | None) -> PageStraightened | None:
    if done is None:
        return None
    return PageStraightened(
        degrees=round(done.degrees, 2),
        quarter_turns=done.quarter_turns,
        corners=[(round(x, 1), round(y, 1)) for x, y in done.corners],
        width=done.size[0],
        height=done.size[1],
        notes=list(done.notes),
    )


def describe_answers(answers: Answers[PageBatch]) -> Predictions:
    """The JSON document of one analysis."""
    return Predictions(
        page=describe_page(answers.batch.page),
        verdict=VerdictMade(**answers.verdict.as_json()) if answers.verdict else None,
        predictions=[PredictionMade(**p.as_json()) for p in answers.predictions],
        failures=[Failure(model=key, detail=why) for key, why in answers.failures.items()],
        notice=NOTICE,
    )


def describe_traces(found: Traces) -> TracesRead:
    """Traces as they are sent: microvolts are not rounded away."""
    return TracesRead(
        rate=found.rate,
        seconds=found.seconds,
        rhythm=found.rhythm,
        leads=[
            TraceRead(
                lead=trace.lead,
                start=trace.start,
                millivolts=trace.millivolts.astype(float).round(DECIMALS).tolist(),
            )
            for trace in found.traces
        ],
        notes=list(found.notes),
    )
