"""What was measured of a model, as types: read from its metrics.json, section by section."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model_registry.entry import Entry

Interval = tuple[float, float]
INFARCTION = "myocardial_infarction"
SECTIONS = (
    *("cross_validation", "shortcuts", "copied_split", "random_split"),
    *("parameters", "bytes", "origin", "date"),
)  # of metrics.json, as far as it is shown


class Measured(BaseModel):
    """The root: what else stands in the file is left out."""

    model_config = ConfigDict(
        extra="ignore", allow_inf_nan=False, protected_namespaces=(), defer_build=True
    )


class ClassFigures(Measured):
    """One class; intervals are Wilson's, 95 %. null: nothing to count."""

    n: int
    precision: float | None = None
    precision_interval: Interval | None = None
    recall: float | None = None
    recall_interval: Interval | None = None
    f1: float | None = None
    auc: float | None = None

    @property
    def right(self) -> int | None:
        """How many of the n pages were found."""
        return None if self.recall is None else round(self.recall * self.n)


class Curve(Measured):
    """A ROC curve, one class against the rest."""

    fpr: list[float]
    tpr: list[float]

    @model_validator(mode="after")
    def _check(self) -> "Curve":
        if len(self.fpr) != len(self.tpr):
            raise ValueError("fpr and tpr should have the same length")
        return self


class Bin(Measured):
    """Answers whose highest probability lies in from..to. null: the bin is empty."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    start: float = Field(alias="from")
    to: float
    n: int
    confidence: float | None = Field(description="mean of the highest probability")
    accuracy: float | None = Field(description="share that was right")


class RiskRow(Measured):
    """So many of the surest answers, and how many of those were wrong."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    coverage: float = Field(description="share of the answers that is taken")
    start: float = Field(alias="from", description="lowest probability that is taken")
    n: int
    risk: float = Field(description="share of these that was wrong")


class RiskCoverage(Measured):
    """What abstaining buys: risk as more answers are taken, the surest first."""

    aurc: float = Field(description="the mean risk over all coverages")
    table: list[RiskRow]


class CrossValidation(Measured):
    """Held-out figures; intervals are 95 %, from resamples of patients. null: not measured."""

    n: int = Field(description="held-out pages, or beats")
    folds: int
    protocol: str | None = Field(default=None, description="the split, where it is another one")
    records: int | None = None
    patients: int | None = None
    accuracy: float
    accuracy_interval: Interval | None = None
    balanced_accuracy: float | None = None
    balanced_accuracy_interval: Interval | None = None
    macro_f1: float
    macro_f1_interval: Interval | None = None
    macro_f1_nsvf: float | None = Field(default=None, description="of N, S, V and F alone")
    macro_f1_nsvf_interval: Interval | None = None
    auc: float | None = None
    auc_interval: Interval | None = None
    ece: float | None = Field(default=None, description="expected calibration error, 10 bins")
    brier: float | None = Field(default=None, description="over all classes, 0 to 2")
    log_loss: float | None = None
    labels: list[str] = []
    confusion: list[list[int]] = Field(default=[], description="rows: truth, columns: answer")
    per_class: dict[str, ClassFigures] = {}
    split_sha256: str | None = None
    data_sha256: str | None = None
    roc: dict[str, Curve] | None = None
    calibration_curve: list[Bin] | None = None
    risk_coverage: RiskCoverage | None = None

    @model_validator(mode="after")
    def _check(self) -> "CrossValidation":
        if self.confusion and {len(self.confusion), *map(len, self.confusion)} != {
            len(self.labels)
        }:
            raise ValueError("confusion should have a row and a column for each of labels")
        return self


class Probe(Measured):
    """Figures on pages that were altered in one way."""

    n: int | None = None
    accuracy: float
    balanced_accuracy: float | None = None
    macro_f1: float | None = None


class CopiedSplit(Measured):
    """The same recipe on splits that let copies of a page into training and test."""

    files: int
    distinct: int
    splits: int | None = None
    share_of_test_files_with_a_copy_in_training: float | None = None
    accuracy: float
    macro_f1: float | None = None
    auc: float | None = None


class RandomSplit(Measured):
    """The same recipe on a split of beats, not of patients."""

    protocol: str
    n: int | None = None
    accuracy: float
    macro_f1: float | None = None
    auc: float | None = None


class Chance(Measured):
    """What always naming the largest class gives; 0..1."""

    accuracy: float
    balanced_accuracy: float


class Figures(Measured):
    """All that was measured of one model; null: not measured, or listed in `unreadable`."""

    model: str
    label_titles: dict[str, str] = {}
    cross_validation: CrossValidation | None = None
    shortcuts: dict[str, Probe] | None = Field(
        default=None, description="by alteration, as served first"
    )
    chance: Chance | None = Field(default=None, description="what the probes are held against")
    copied_split: CopiedSplit | None = None
    random_split: RandomSplit | None = None
    parameters: int | None = None
    bytes: int | None = Field(default=None, description="size of the weight file")
    origin: str | None = None
    date: str | None = Field(default=None, description="when it was trained, YYYY-MM-DD")
    unreadable: list[str] = Field(default=[], description="what of metrics.json can't be read")


def read_figures(entry: Entry) -> Figures:
    """The figures beside an entry. A section that can't be read is named, and stops no other."""
    metrics: Mapping[str, Any] = entry.metrics or {}
    titles = {label: entry.task.labels[label] for label in entry.labels}
    figures = Figures(model=entry.key, label_titles=titles)
    for name in SECTIONS:
        if metrics.get(name) is None:
            continue
        try:
            read = Figures.model_validate({"model": entry.key, name: metrics[name]})
        except ValidationError as error:
            figures.unreadable.append(_fault(error))
            continue
        setattr(figures, name, getattr(read, name))
    figures.chance = _chance(figures.cross_validation)
    return figures


def _chance(held_out: CrossValidation | None) -> Chance | None:
    counts = [one.n for one in held_out.per_class.values()] if held_out else []
    if not sum(counts):
        return None
    return Chance(accuracy=max(counts) / sum(counts), balanced_accuracy=1 / len(counts))


def _fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
