"""What one model says of one page, and how far to believe it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from model_registry.entry import ModelEntry
from model_registry.errors import NoUsableAnswer

Decision = Literal["accepted", "uncertain", "refused"]
Vector = npt.NDArray[np.float64]

SUM_TOLERANCE = 1e-2


@dataclass(frozen=True)
class Prediction:
    """One model's answer. `label` is the one with the highest probability, None when refused.

    probabilities: 0..1 by label, in the model's own order. timings_ms: "decode" (the page, shared by
    all models asked at once), "preprocess", "run", in milliseconds. An ensemble's are the sums of its
    members', also where those ran only once for it and for themselves; its framework is "ensemble",
    its model_sha256 as `Registry.sha256` says.
    """

    model: str
    framework: str
    runtime: str
    label: str | None
    probabilities: Mapping[str, float]
    decision: Decision
    reasons: tuple[str, ...]
    timings_ms: Mapping[str, float]
    page_sha256: str
    model_sha256: str

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "model": self.model,
            "framework": self.framework,
            "runtime": self.runtime,
            "label": self.label,
            "probabilities": dict(self.probabilities),
            "decision": self.decision,
            "reasons": list(self.reasons),
            "timings_ms": {step: round(ms, 3) for step, ms in self.timings_ms.items()},
            "page_sha256": self.page_sha256,
            "model_sha256": self.model_sha256,
        }


def to_probabilities(raw: npt.ArrayLike, entry: ModelEntry) -> Vector:
    """A model's raw outputs, (.., labels), as probabilities, its temperature applied (Guo 2017).

    Raises NoUsableAnswer where they are not finite, or declared as probabilities and are none.
    """
    values = np.asarray(raw, dtype=np.float64)
    if not np.isfinite(values).all():
        raise NoUsableAnswer(f"The model '{entry.key}' returned no usable answer for this input.")
    if entry.output == "probabilities":
        if values.min() < -1e-6 or np.abs(values.sum(axis=-1) - 1).max() > SUM_TOLERANCE:
            raise NoUsableAnswer(
                f"The model '{entry.key}' gives outputs that are no probabilities: "
                'set output = "logits" in its model.toml, or end it with a softmax.'
            )
        values = np.log(np.clip(values, 1e-12, None))
    return with_temperature(values, entry.temperature)


def with_temperature(logs: Vector, temperature: float) -> Vector:
    """Probabilities (.., labels) of logits, or of logarithms of probabilities (Guo 2017)."""
    scaled = logs / temperature
    shares = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
