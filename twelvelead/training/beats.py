"""Records of beats to train on: which side each stands on, what networks answer, what is told of it."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from ecg.beats.beats import Beats
from ecg.simulate.twelve_leads import simulate
from model_registry.entry import BeatExample
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.figures import LabelledAnswers, beat_figures, record_figures
from twelvelead.training.batches.marked_beats import MarkedBeats, mark
from twelvelead.training.beat_recipe import BeatFit, BeatRecipe
from twelvelead.training.fits import Ask, Fits, TrainingData
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import Network

SEED = 0
AT_ONCE = 512  # beats
TWIN_PROTOCOL = "a random half of the beats of all these records trained on, the other half tested"
TWIN_FIGURES = (
    *("n", "accuracy", "balanced_accuracy", "macro_f1", "macro_f1_nsvf", "auc", "per_class"),
)
EXAMPLE, EXAMPLE_RATE = "pvc", 360  # what is simulated, Hz
SHOWN = 3  # patients that a refusal names

Side = Literal["train", "held_out", "test"]
Records = Sequence[MarkedBeats]


@dataclass(frozen=True)
class BeatData(TrainingData[Records]):
    """Records with their beats. protocol: how they are split, in words."""

    plan: Plan
    recipe: BeatRecipe
    everything: Records
    test: Records
    protocol: str
    held_out: Records | None = None

    @classmethod
    def read(cls, plan: Plan, recipe: BeatRecipe) -> "BeatData":
        """The records that recipe or plan name. Raises DataError, also for what can't be asked of beats."""
        if recipe.held_out and plan.folds is not None:
            raise DataError(
                f"{plan.key} is settled on records that are kept for it, not on folds: leave --folds out."
            )
        names: Mapping[Side, tuple[str, ...]]
        names = {"train": recipe.train, "held_out": recipe.held_out, "test": recipe.test}
        protocol = recipe.protocol
        if plan.split is not None:
            names = read_record_split(plan.split, kept=bool(recipe.held_out))
            protocol = f"trained and tested on the records that {plan.split.name} names"
        train, held_out, test = (_read(plan, recipe, names[side]) for side in get_args(Side))
        return cls(plan, recipe, train, test, protocol, held_out or None)

    @property
    def settles(self) -> bool:  # type: ignore[override]
        return self.recipe.settle

    @property
    def n_folds(self) -> int:
        return self.plan.folds or self.recipe.folds

    def describe(self) -> str:
        kept = f"{count(self.held_out)} kept, " if self.held_out else ""
        return f"{count(self.everything)} beats to train on, {kept}{count(self.test)} to test on"

    def check_leaks(self) -> dict[str, Any]:
        trained = {one.record.patient for one in self.everything}
        asked = [*(self.held_out or ()), *self.test]
        shared = [one.record for one in asked if one.record.patient in trained]
        if self.plan.despite_leaks:
            return {"leaks": len(shared), "despite_leaks": self.plan.despite_leaks}
        known = self.recipe.known_twice if self.plan.split is None else ()
        strange = [record for record in shared if record.patient not in known]
        if strange:
            named = ", ".join(f"{one.name} (patient {one.patient})" for one in strange[:SHOWN])
            more = f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else ""
            raise DataError(
                f"{len(strange)} tested records are of patients that are also trained on: {named}"
                f"{more}. Name a split that keeps patients apart with --split, or train with "
                "--despite-leaks 'why'."
            )
        return {}

    def prepare(self) -> BeatFit:
        return self.recipe.prepare(self.plan.work / self.plan.key, self.plan.backbone)

    def folds(self) -> Sequence[tuple[Records, Records]]:
        found = []
        for names in patient_folds(self.everything, self.n_folds):
            rest = [one for one in self.everything if one.record.name not in names]
            found.append((rest, [one for one in self.everything if one.record.name in names]))
        return found

    def digest(self, train: Records) -> str:
        said = hashlib.sha256(repr(sorted(self.recipe.fit_knobs().items())).encode())
        for one in train:
            said.update(one.record.name.encode() + one.record.beats.indices.tobytes())
            said.update(one.targets.tobytes())
        return said.hexdigest()[:16]

    def count(self, some: Records) -> str:
        return f"{count(some)} beats of {len(some)} records"

    def ask(self, network: Network, some: Records) -> LabelledAnswers:
        """What a network answers to records, beats that are left out aside."""
        return LabelledAnswers(
            self.recipe.labels,
            np.concatenate([one.targets[one.counted] for one in some]),
            np.concatenate([self._logits(network, one) for one in some]),
            np.concatenate([np.full(len(one.counted), one.record.name) for one in some]),
            np.concatenate([np.full(len(one.counted), one.record.patient) for one in some]),
        )

    def _logits(self, network: Network, one: MarkedBeats) -> Any:
        """Raw outputs, float64 (counted beats, labels), for a record as it is served."""
        beats, counted = one.record.beats, one.counted
        parts = [np.zeros((0, len(self.recipe.labels)))]
        for begin in range(0, len(beats), AT_ONCE):
            wanted = counted[(counted >= begin) & (counted < begin + AT_ONCE)] - begin
            if len(wanted):
                tensors = self.recipe.tensors(beats, slice(begin, begin + AT_ONCE))
                parts.append(network.logits(tensors[wanted]))
        return np.concatenate(parts)

    def brief(self, answered: LabelledAnswers) -> str:
        figures = beat_figures(answered, 1.0)
        told = ", ".join(f"{label} {row['f1']:.3f}" for label, row in figures["per_class"].items())
        return f"accuracy {figures['accuracy']:.3f}, F1: {told}"

    def evidence(
        self, fits: Fits[Records], network: Network, inside: LabelledAnswers, temperature: float
    ) -> dict[str, Any]:
        told = beat_figures(inside, temperature)
        if self.test:
            tested = self.ask(network, self.test)
            fits.say(f"test: {self.brief(tested)}")
            figures = beat_figures(tested, temperature) | {"folds": 1, "protocol": self.protocol}
            found = {"cross_validation": figures, "inside_training": told | self._inside()}
        else:
            how = {"folds": self.n_folds, "protocol": self.protocol}
            found = {"cross_validation": told | how}
            if all(len(np.unique(one.targets[one.counted])) < 2 for one in self.everything):
                found["records"] = record_figures(inside, temperature)  # a class a patient
        if self.plan.with_twin:
            found["random_split"] = _twin(fits, self, temperature)
        return found

    def example(self, folder: Path, ask: Ask) -> BeatExample:
        """A signal with its beats, of which the earliest is meant."""
        drawn = simulate(EXAMPLE, seed=0, rate=EXAMPLE_RATE)
        trace = np.round(drawn.signals[drawn.leads.index("II")], 3)
        peaks = np.round(drawn.r_peaks * drawn.rate).astype(np.int64)
        marks = np.zeros(len(trace), dtype=np.int64)
        marks[peaks] = 1
        lines = [f"{value:.3f},{mark}" for value, mark in zip(trace, marks, strict=True)]
        signal = folder / "example.csv"
        signal.write_text("\n".join(["II,r_peak", *lines, ""]), encoding="utf-8")
        beats = Beats(trace, float(drawn.rate), peaks)
        early = int(beats.rr_before.argmin())
        answer = ask(self.recipe.tensors(beats, slice(early, early + 1)))
        return BeatExample(signal, float(drawn.rate), early, answer)

    def _inside(self) -> dict[str, Any]:
        """What temperature and threshold were settled on, where others are tested."""
        if self.held_out:
            names = ", ".join(one.record.name for one in self.held_out)
            return {"folds": 1, "protocol": f"records {names}"}
        return {"folds": self.n_folds, "protocol": "folds inside the training records"}


def _twin(fits: Fits[Records], data: BeatData, temperature: float) -> dict[str, Any]:
    """Figures of the same recipe on a split of beats, not of patients."""
    everything = [*data.everything, *(data.held_out or ()), *data.test]
    rng = np.random.default_rng(SEED)
    halves = [rng.random(len(one.targets)) < 0.5 for one in everything]
    pairs = list(zip(everything, halves, strict=True))
    network = fits.fitted("random-split", [one.only(half) for one, half in pairs])
    answered = data.ask(network, [one.only(~half) for one, half in pairs])
    fits.say(f"random split: {data.brief(answered)}")
    figures = beat_figures(answered, temperature)
    return {"protocol": TWIN_PROTOCOL} | {n: figures[n] for n in TWIN_FIGURES if n in figures}


def patient_folds(marked: Records, folds: int) -> list[set[str]]:
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


def count(marked: Records) -> int:
    """How many beats are not left out."""
    return sum(len(one.counted) for one in marked)


def read_record_split(file: Path, *, kept: bool) -> Mapping[Side, tuple[str, ...]]:
    """Names of records by side, from a CSV with the columns `record` and `side`.

    side: train or test; where `kept`, held_out too, for temperature and threshold. Raises DataError for a
    file that is no such table, names a record twice, or leaves a side without any.
    """
    sides = [side for side in get_args(Side) if kept or side != "held_out"]
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = [(row["record"], row["side"]) for row in csv.DictReader(opened)]
    except (OSError, UnicodeDecodeError, KeyError) as error:
        raise DataError(
            f"{file} can't be read as a split of records: give a CSV with the columns record and "
            f"side, which is {', '.join(sides)}."
        ) from error
    names = {side: tuple(name for name, said in rows if said == side) for side in get_args(Side)}
    strange = sorted({str(said) for _, said in rows} - set(sides))
    if strange or not all(names[side] for side in sides):
        raise DataError(
            f"{file.name} should name records on each of the sides {', '.join(sides)}"
            + (f", not {', '.join(strange)}." if strange else ".")
        )
    if len({name for name, _ in rows}) < len(rows):
        raise DataError(f"{file.name} names a record twice: give each one side.")
    return names


def _read(plan: Plan, recipe: BeatRecipe, names: tuple[str, ...]) -> list[MarkedBeats]:
    if not names:
        return []
    return mark(recipe.read_records(plan.data, names), recipe.labels, recipe.codes)
