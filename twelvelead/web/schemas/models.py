"""Models as types, made from the registry for the API, the pages and the command."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from model_registry.entry import Entry, ModelEntry
from model_registry.errors import ModelUnavailable
from model_registry.preprocessing import Preprocessing
from model_registry.registry import Registry
from model_registry.segments import SegmentReading
from twelvelead.inference.fitting import reads_of
from twelvelead.inference.predictor import Predictor
from twelvelead.web.schemas.model_figures import read_figures
from twelvelead.web.schemas.pages import Document

Shown = Literal["idle", "loading", "ready", "unavailable"]


class Input(Document):
    """What a model reads: size in pixels, colour, scale and named steps.

    Of a signal: segments one pixel high, as wide as they have samples at `rate`, and numbers on the
    rhythm, by name, as further channels.
    """

    height: int
    width: int
    channels: int
    colour: Literal["grey", "rgb"] | None = Field(description="null for segments of a signal")
    scale: Literal["rescale", "imagenet", "standard", "millivolts", "recording", "minmax"]
    steps: list[str] = Field(default=[])
    rate: float | None = Field(default=None, description="Hz, of a signal")
    context: list[str] = Field(default=[], description="numbers on the rhythm around a beat")


class Metrics(Document):
    """Cross-validated by patient; intervals are 95 %."""

    n: int = Field(description="held-out pages")
    folds: int
    accuracy: float
    accuracy_interval: tuple[float, float] | None = None
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    auc: float | None
    auc_interval: tuple[float, float] | None = None
    parameters: int | None = Field(default=None, description="null: not counted")
    bytes: int | None = Field(default=None, description="size of the weight file when measured")


class Model(Document):
    """One registered model; where it can't be used, `state` is unavailable and `reason` says why."""

    key: str
    title: str | None = None
    framework: Literal["keras", "pytorch", "ensemble"] | None = None
    architecture: str | None = None
    task: str | None = None
    reads: list[Literal["page", "beat_picture", "segment"]] = Field(
        default=[], description="what it is given; beats of a signal are drawn for the second kind"
    )
    labels: list[str] = Field(default=[], description="in the model's own output order")
    label_titles: dict[str, str] = Field(default={})
    input: Input | None = Field(default=None, description="null for an ensemble")
    members: dict[str, float] = Field(
        default={}, description="of an ensemble: key of each model that it averages, and its share"
    )
    metrics: Metrics | None = Field(default=None, description="null: not measured")
    size_bytes: int | None = Field(
        default=None, description="of the weights; of an ensemble, its members' together"
    )
    sha256: str | None = Field(
        default=None,
        description="of the weights; of an ensemble, over its members' and its settings",
    )
    state: Shown
    reason: str | None = None
    notes: list[str] = Field(
        default=[],
        description="as why it is served natively: it is still being compiled, or can't be",
    )


class Models(Document):
    """All registered models."""

    models: list[Model]


def describe_models(predictor: Predictor) -> Models:
    """Every model, usable or not, in the order of keys."""
    registry = predictor.registry
    return Models(models=[_describe(predictor, k) for k in sorted([*registry, *registry.broken])])


def _describe(predictor: Predictor, key: str) -> Model:
    registry = predictor.registry
    try:
        state: Shown = predictor.state(key)
    except ModelUnavailable as error:
        return describe_model(registry, key, "unavailable", str(error))
    model = describe_model(registry, key, state)
    return model.model_copy(update={"notes": list(predictor.notes(key))})


def describe_model(
    registry: Registry, key: str, state: Shown = "idle", reason: str | None = None
) -> Model:
    """One model as it is registered; where its entry can't be used, it is unavailable for that reason."""
    try:
        entry = registry[key]
    except ModelUnavailable as error:
        return Model(key=key, state="unavailable", reason=str(error))
    return Model(
        key=entry.key,
        title=entry.title,
        framework=entry.framework,
        architecture=entry.architecture if isinstance(entry, ModelEntry) else None,
        task=entry.task.key,
        reads=sorted(reads_of(registry, key)),
        labels=list(entry.labels),
        label_titles={label: entry.task.labels[label] for label in entry.labels},
        input=_describe_input(entry.preprocessing) if isinstance(entry, ModelEntry) else None,
        members=_describe_members(entry),
        metrics=_describe_metrics(entry),
        size_bytes=_size([one.weights.path for one in registry.networks(key)]),
        sha256=registry.sha256(key),
        state=state,
        reason=reason,
    )


def _describe_input(wanted: Preprocessing | SegmentReading) -> Input:
    if isinstance(wanted, SegmentReading):
        return Input(
            height=wanted.shape[0],
            width=wanted.shape[1],
            channels=wanted.shape[2],
            colour=None,
            scale=wanted.scale,
            rate=wanted.rate,
            context=list(wanted.context),
        )
    return Input(
        height=wanted.size[0],
        width=wanted.size[1],
        channels=wanted.channels,
        colour=wanted.colour,
        scale=wanted.scale,
        steps=list(wanted.steps),
    )


def _describe_members(entry: Entry) -> dict[str, float]:
    """The share of each member of an ensemble; empty for a network."""
    if isinstance(entry, ModelEntry):
        return {}
    return dict(zip(entry.members, entry.shares, strict=True))


def _size(files: list[Path]) -> int | None:
    """Bytes of all files together, None where one is gone."""
    return sum(f.stat().st_size for f in files) if all(f.is_file() for f in files) else None


def _describe_metrics(entry: Entry) -> Metrics | None:
    """The held-out figures, None where there are none, some are missing, or they can't be read."""
    figures = read_figures(entry)
    held_out = figures.cross_validation
    if held_out is None or held_out.macro_f1_interval is None:
        return None
    counted = figures.model_dump(include={"parameters", "bytes"})
    return Metrics(**held_out.model_dump(include=set(Metrics.model_fields)), **counted)
