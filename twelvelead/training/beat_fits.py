"""Fits of one beat recipe: held out by patient, on all, and on a random split of beats."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.beat_figures import Answered, beat_figures
from twelvelead.training.beat_recipe import BeatFit, BeatRecipe, MarkedBeats, answer
from twelvelead.training.recipe import Logits, Network

SEED = 0
TWIN_PROTOCOL = "a random half of the beats of all these records trained on, the other half tested"
TWIN_FIGURES = (
    *("n", "accuracy", "balanced_accuracy", "macro_f1", "macro_f1_nsvf", "auc", "per_class"),
)


@dataclass(frozen=True)
class BeatFits:
    """Trains and asks networks of one recipe, and says how it goes; work keeps those that are done."""

    recipe: BeatRecipe
    fit: BeatFit
    work: Path
    say: Callable[[str], None]

    def held_out(self, train: Sequence[MarkedBeats], folds: int) -> Answered:
        """Answers to all beats, each record's from a network that saw none of its patient."""
        answered = []
        for number, names in enumerate(patient_folds(train, folds)):
            rest = [one for one in train if one.record.name not in names]
            network = self.fitted(f"fold-{number}", rest)
            answered.append(self.ask(network, [o for o in train if o.record.name in names]))
            self.say(f"fold {number}: {brief(beat_figures(answered[-1], 1.0))}")
        return Answered.together(answered)

    def fitted(self, name: str, train: Sequence[MarkedBeats]) -> Network:
        """A network trained on the beats given; one that an earlier run finished is not fitted again."""
        kept = self.work / f"{name}-{_digest(self.recipe, train)}"
        weights = next(kept.glob("weights.*"), None)
        if weights is not None:
            return self.recipe.load(weights)
        self.say(f"{name}: training on {count(train)} beats of {len(train)} records")
        network = self.fit(train, lambda line: self.say(f"{name}: {line}"))
        part = kept.with_name(f"{kept.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        network.save(part)
        part.rename(kept)
        return network

    def ask(self, network: Network, marked: Sequence[MarkedBeats]) -> Answered:
        """What a network answers to records, beats that are left out aside."""
        logits: list[Logits] = [answer(self.recipe, network, one) for one in marked]
        return Answered(
            self.recipe.LABELS,
            np.concatenate([one.targets[one.counted] for one in marked]),
            np.concatenate(logits),
            np.concatenate([np.full(len(o.counted), o.record.name) for o in marked]),
            np.concatenate([np.full(len(o.counted), o.record.patient) for o in marked]),
        )


def twin(fits: BeatFits, everything: Sequence[MarkedBeats], temperature: float) -> dict[str, Any]:
    """Figures of the same recipe on a split of beats, not of patients."""
    rng = np.random.default_rng(SEED)
    halves = [rng.random(len(one.targets)) < 0.5 for one in everything]
    pairs = list(zip(everything, halves, strict=True))
    network = fits.fitted("random-split", [one.only(half) for one, half in pairs])
    asked = fits.ask(network, [one.only(~half) for one, half in pairs])
    figures = beat_figures(asked, temperature)
    fits.say(f"random split: {brief(figures)}")
    return {"protocol": TWIN_PROTOCOL} | {n: figures[n] for n in TWIN_FIGURES if n in figures}


def patient_folds(marked: Sequence[MarkedBeats], folds: int) -> list[set[str]]:
    """Names of the records that each fold holds out: patients apart, rare classes spread.

    Raises DataError where there are fewer patients than folds.
    """
    patients = {one.record.patient for one in marked}
    if len(patients) < folds:
        raise DataError(f"{len(patients)} patients are too few for {folds} folds.")
    targets = np.concatenate([one.targets[one.counted] for one in marked])
    owners = np.concatenate([np.full(len(o.counted), o.record.patient) for o in marked])
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=SEED)
    tested = [set(owners[test]) for _, test in splitter.split(targets, targets, owners)]
    return [{one.record.name for one in marked if one.record.patient in some} for some in tested]


def count(marked: Sequence[MarkedBeats]) -> int:
    """How many beats are not left out."""
    return sum(len(one.counted) for one in marked)


def brief(figures: dict[str, Any]) -> str:
    """Accuracy and F1 of each class in a line."""
    told = ", ".join(f"{label} {row['f1']:.3f}" for label, row in figures["per_class"].items())
    return f"accuracy {figures['accuracy']:.3f}, F1: {told}"


def _digest(recipe: BeatRecipe, train: Sequence[MarkedBeats]) -> str:
    """Names a recipe on some beats: a finished network counts only for the same of both."""
    said = hashlib.sha256(repr(sorted(recipe.knobs().items())).encode())
    for one in train:
        said.update(one.record.name.encode() + one.record.beats.places.tobytes())
        said.update(one.targets.tobytes())
    return said.hexdigest()[:16]
