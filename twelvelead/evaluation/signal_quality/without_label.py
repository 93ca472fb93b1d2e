"""Marked beats that the service would give no label, and the figures of a model on all others."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats
from ecg.beats.r_peaks import find_r_peaks
from ecg.signal.quality.find_stretches import find_stretches
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import measure, softmax
from twelvelead.inference.unread import Unread

TOLD = ("accuracy", "balanced_accuracy", "macro_f1")


def codes_of(beats: Beats) -> npt.NDArray[np.str_]:
    """(m,) why each beat of a lead gets no label, as a code; empty for one that does."""
    peaks = find_r_peaks(beats.trace, beats.rate)
    found = Unread.inside(beats, find_stretches(beats.trace, beats.rate, peaks))
    reasons = found.reasons_of(slice(None), len(beats))
    return np.array([reason.code if reason else "" for reason in reasons], dtype=np.str_)


def figures_without(
    answered: LabelledAnswers, codes: Sequence[npt.NDArray[np.str_]]
) -> dict[str, Any]:
    """beats: how many get no label, of all that have one marked; reasons: how many by code.

    rest: accuracy, balanced_accuracy and macro_f1 of a model on all others; empty where there are none.
    codes: of each answered beat.
    """
    whole = np.concatenate(codes)
    read = whole == ""
    reasons = Counter(whole[~read].tolist())
    told: dict[str, Any] = {"beats": int((~read).sum()), "reasons": dict(reasons.most_common())}
    if not read.any():
        return told | {"rest": {}}
    rest = measure(answered.labels, answered.targets[read], softmax(answered.logits[read]))
    return told | {"rest": {name: rest[name] for name in TOLD}}
