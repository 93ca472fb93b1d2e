"""`python -m twelvelead.training.gate.beat_shape --mitdb DIR`: fits what tells beats from other curves.

Fitted to DS1 of the MIT-BIH Arrhythmia Database and paced records 102 and 104, its bounds taken from
beats of patients that a fit had not seen; measured (`--measure`) on DS2, 107 and 217, on `--svdb`, and on
families of curves that are kept apart (`twelvelead.datasets.not_ecgs.lone_curves`).
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from twelvelead.datasets.not_ecgs.lone_curves import LONE
from twelvelead.datasets.records import DS1, DS2
from twelvelead.inference.gate.beat_curve import COLUMNS
from twelvelead.inference.gate.beat_shape import FILE, BeatShape, read_shape
from twelvelead.training.gate.beat_curves import (
    SampledBeats,
    Sampling,
    curves_of,
    quick_curve,
    sample_beats,
    varied_beat,
    varied_other,
)

Curves = npt.NDArray[np.float32]
Names = npt.NDArray[np.str_]

TRAIN, TEST = (*DS1, "102", "104"), (*DS2, "107", "217")
PARTS = 3  # fits by patients, whose left-out beats set the bounds
EPOCHS, BATCH, RATE = 14, 256, 3e-3
DOUBT, REFUSAL = 97.5, 99.0  # percentiles of the scores of left-out beats
KEPT = 201  # of those scores, evenly spaced


def network() -> nn.Sequential:
    """(n, 2, 96) -> (n, 1): the log-odds that a curve is no beat. 18 000 weights."""
    return nn.Sequential(
        nn.Conv1d(2, 12, 7, 2, 3),
        nn.ReLU(),
        nn.Conv1d(12, 24, 5, 2, 2),
        nn.ReLU(),
        nn.Conv1d(24, 32, 5, 2, 2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(32 * COLUMNS // 8, 32),
        nn.ReLU(),
        nn.Linear(32, 1),
    )


def fit(beats: Curves, others: Curves, epochs: int = EPOCHS) -> nn.Sequential:
    """A network fitted to curves (n, 2, 96) of beats and of others."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    inputs = torch.tensor(np.concatenate([beats, others]))
    targets = torch.cat([torch.zeros(len(beats)), torch.ones(len(others))])
    model = network()
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=1e-3)
    steps = epochs * -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(epochs):
        model.train()
        for some in torch.randperm(len(inputs)).split(BATCH):
            loss = nn.functional.binary_cross_entropy_with_logits(
                model(inputs[some])[:, 0], targets[some]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def scores(model: nn.Sequential, curves: Curves) -> npt.NDArray[np.float32]:
    """(n,) log-odds."""
    with torch.no_grad():
        return np.asarray(model(torch.tensor(curves))[:, 0].numpy(), np.float32)


def make(
    beats: SampledBeats, others: int, rng: np.random.Generator
) -> tuple[Curves, Curves, list[int]]:
    """Curves of beats, two a beat, curves of others, and which beat each of the first is of."""
    order = np.repeat(rng.permutation(len(beats.traces)), 2)
    drawn = [quick_curve(varied_beat(beats.traces[index], rng), rng) for index in order]
    kept = [
        (curve, int(index)) for curve, index in zip(drawn, order, strict=True) if curve is not None
    ]
    other: list[Curves] = []
    while len(other) < others:
        curve = quick_curve(varied_other(beats.traces, rng), rng)
        if curve is not None:
            other.append(curve)
    return np.stack([curve for curve, _ in kept]), np.stack(other), [index for _, index in kept]


@dataclass(frozen=True, eq=False)
class FitData:
    """curves: (n, 2, 96) of varied beats, patients: (n,) whose; others: (m, 2, 96).

    usual: (k, 2, 96) of beats of the first lead as often as they come, usual_patients: (k,).
    """

    curves: Curves
    patients: Names
    others: Curves
    usual: Curves
    usual_patients: Names

    @classmethod
    def read(cls, folder: Path, many: int, rng: np.random.Generator) -> "FitData":
        """From the records TRAIN of the MIT-BIH Arrhythmia Database."""
        beats = sample_beats(folder, TRAIN, Sampling(many), rng)
        curves, others, index = make(beats, 80 * many, rng)
        usual = sample_beats(folder, TRAIN, Sampling(many // 3, balanced=False), rng)
        found = usual.found_curves(rng)
        kept = [i for i, one in enumerate(found) if one is not None and usual.main[i]]
        told = np.stack([one for i, one in enumerate(found) if one is not None and usual.main[i]])
        return cls(curves, beats.patients[index], others, told, usual.patients[kept])

    def left_out_scores(self) -> npt.NDArray[np.float32]:
        """Each usual beat's score by a network that was not fitted to its patient: (k,)."""
        names = np.unique(self.patients)
        told = np.zeros(len(self.usual), np.float32)
        for number in range(PARTS):
            left = names[number::PARTS]
            model = fit(self.curves[~np.isin(self.patients, left)], self.others)
            of = np.isin(self.usual_patients, left)
            told[of] = scores(model, self.usual[of])
        return told


def store(model: nn.Sequential, known: npt.NDArray[np.float32], file: Path) -> None:
    """Writes weights as float16, and the bounds that `known` scores of left-out beats give."""
    parts: dict[str, npt.NDArray[np.generic]] = {}
    counts = {nn.Conv1d: ("conv", 0), nn.Linear: ("full", 0)}
    for layer in model:
        if type(layer) in counts and isinstance(layer, nn.Conv1d | nn.Linear):
            kind, number = counts[type(layer)]
            counts[type(layer)] = (kind, number + 1)
            for name, values in zip(("weights", "biases"), layer.parameters(), strict=True):
                parts[f"{kind}_{name}{number}"] = values.detach().numpy().astype(np.float16)
    parts["known"] = np.percentile(known, np.linspace(0, 100, KEPT)).astype(np.float32)
    parts["bounds"] = np.percentile(known, [DOUBT, REFUSAL]).astype(np.float32)
    np.savez_compressed(file, **parts)  # type: ignore[arg-type]


def rates(told: list[float], shape: BeatShape) -> dict[str, float]:
    """How many, and which shares are doubted or refused, and refused."""
    values = np.array(told)
    return {
        "n": len(values),
        "doubted_or_refused": round(float((values > shape.doubt).mean()), 4) if told else 0.0,
        "refused": round(float((values > shape.refusal).mean()), 4) if told else 0.0,
    }


def measure(
    shape: BeatShape, samples: dict[str, SampledBeats], many: int
) -> dict[str, dict[str, float]]:
    """Rates by sample of beats, all leads and the first alone, and by family of curves kept apart."""
    rng = np.random.default_rng(7)
    found: dict[str, dict[str, float]] = {}
    for name, beats in samples.items():
        curves = beats.found_curves(rng)
        told = [None if curve is None else shape.score(curve) for curve in curves]
        found[name] = rates([one for one in told if one is not None], shape)
        main = [
            one for one, first in zip(told, beats.main, strict=True) if first and one is not None
        ]
        found[f"{name}, first lead"] = rates(main, shape)
    every: list[float] = []
    for name, family in LONE["test"].items():
        told_of = [shape.score(curve) for curve in curves_of(family, many, rng)]
        found[name] = rates(told_of, shape)
        every += told_of
    return found | {"all curves that are no beat": rates(every, shape)}


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description="Fit or measure what tells beats from other curves."
    )
    parser.add_argument("--mitdb", type=Path, required=True)
    parser.add_argument("--svdb", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--measure", action="store_true", help="measure what is there, fit nothing")
    parser.add_argument(
        "--many", type=int, default=300, help="beats a record; others: 80 times that"
    )
    args = parser.parse_args()
    rng = np.random.default_rng(5)
    if not args.measure:
        data = FitData.read(args.mitdb, args.many, rng)
        store(fit(data.curves, data.others), data.left_out_scores(), args.out)
    folders = {"mitdb": (args.mitdb, TEST)}
    if args.svdb:
        names = tuple(sorted(path.stem for path in args.svdb.glob("*.atr")))
        folders["svdb"] = (args.svdb, names)
    samples = {}
    for name, (folder, records) in folders.items():
        each = args.many * len(TEST) // 4 // len(records)
        for balanced in (False, True):
            label = f"{name}, {'every kind alike' if balanced else 'as they come'}"
            samples[label] = sample_beats(folder, records, Sampling(each, balanced), rng)
    print(json.dumps(measure(read_shape(args.out), samples, args.many // 2), indent=1))


if __name__ == "__main__":
    main()
