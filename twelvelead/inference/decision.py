"""How far to believe an answer, and which questions a model is not asked at all."""

from types import MappingProxyType

from ecg.page.page import Page
from ecg.page.picture_kind import PictureKind, picture_kind
from model_registry.entry import Entry, Reads
from model_registry.errors import ModelUnavailable
from model_registry.registry import Registry
from twelvelead.inference.prediction import Decision, Prediction, Vector

NO_FRAME = "No trace frame was found: the whole picture was read, header and footer included."
KINDS: dict[PictureKind, Reads] = {"page": "page", "beat": "beat_picture"}
NAMES: dict[Reads, str] = {
    "page": "a 12-lead page",
    "beat_picture": "the picture of one beat",
    "segment": "beats of a signal, such as a CSV or a WFDB record",
}
NOT_RUN = "not run"


def decide(page: Page, probabilities: Vector, entry: Entry) -> tuple[Decision, tuple[str, ...]]:
    """How far to believe an answer, and why not further."""
    reasons = [NO_FRAME] if entry.task.subject == "page" and not page.frame else []
    highest = float(probabilities.max())
    if highest < entry.accept_from:
        reasons.append(
            f"The highest probability is {highest:.2f}; "
            f"this model's answers count from {entry.accept_from:.2f}."
        )
    return ("uncertain" if reasons else "accepted"), tuple(reasons)


def reads_of(registry: Registry, key: str) -> set[Reads]:
    """What a model is given; an ensemble may have members of several kinds."""
    return {network.reads for network in registry.networks(key)}


def fitting(registry: Registry, page: Page) -> list[str]:
    """The models that read such a picture."""
    wanted = KINDS[picture_kind(page)]
    return [key for key in registry if reads_of(registry, key) == {wanted}]


def is_asked(registry: Registry, key: str, page: Page) -> bool:
    """Whether a model is run on such a picture; a broken one is asked, and tells its reason."""
    try:
        return refuse(registry, key, page) is None
    except ModelUnavailable:
        return True


def refuse(registry: Registry, key: str, page: Page) -> Prediction | None:
    """The refusal of a model that reads something else than this picture; None where it fits."""
    entry, given = registry[key], KINDS[picture_kind(page)]
    wanted = reads_of(registry, key)
    if wanted == {given}:
        return None
    told = " and ".join(NAMES[one] for one in sorted(wanted))
    return Prediction(
        model=key,
        framework=entry.framework,
        runtime=NOT_RUN,
        label=None,
        probabilities=MappingProxyType({}),
        decision="refused",
        reasons=(f"This looks like {NAMES[given]}; the model reads {told}.",),
        timings_ms=MappingProxyType({}),
        page_sha256=page.sha256,
        model_sha256=registry.sha256(key),
    )
