"""Writes a model card (Mitchell 2019) from what was measured; no figure in it is typed by hand."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecg.tasks import NOTICE
from model_registry.entry import ModelEntry
from model_registry.registry import read_registry

Figures = Mapping[str, Any]

CARD = """\
# {title}

{notice}

Key `{key}`, {framework}, architecture `{architecture}`, {parameters:,} parameters, weights
`{weights}` ({megabytes:.1f} MB, sha256 `{sha256}`). Trained on {date}.

## Intended use
Education and research on four-class reading of 12-lead ECG pages, side by side with other models:
{labels}. It reads one page of the usual 4 x 3 + rhythm layout and gives one probability a class.

## Out of scope
Any use on patients. Photographs, other layouts, other devices, other populations, single leads,
pictures that are no ECG: nothing was measured there, and an answer may be confidently wrong.

## Data
{n} distinct pages of {patients} patients from "ECG Images dataset of Cardiac Patients" (Khan & Hussain,
Mendeley Data v2, DOI 10.17632/gwbz3fsgp8.2, CC BY 4.0): {counts}. Byte-identical copies were left
out. One device (EDAN SE-3), one template, coarse labels without a diagnosis to check against.
Header and footer (ID, date, heart rate) are cut off before the model reads the page.

## How it was trained
Backbone: {origin}. `twelvelead train {key} --data DIR` runs the recipe `training/{key}.py`: random
variants of each page (small rotation, stretch, shear, shift, exposure, grid strength, blur, noise,
JPEG; never a flip), early blocks frozen first, then every layer at a low rate. Epochs, rates, class
weights and the form of the head were settled while looking at folds of this very split, so the figures
below are a little kind to the recipe.

## Held-out figures
{folds}-fold cross-validation, split by patient (`printed_id`), stratified, by the recipe that made the
shipped weights; 95 % intervals from 1,000 resamples of patients. Split sha256 `{split}`.

| | value | 95 % interval |
|---|---|---|
| accuracy | {accuracy:.3f} | {accuracy_interval} |
| macro-F1 | {macro_f1:.3f} | {macro_f1_interval} |
| AUC (mean one-vs-rest) | {auc:.3f} | {auc_interval} |
| balanced accuracy | {balanced_accuracy:.3f} | |
| ECE (10 bins; temperature fitted on these very answers) | {ece:.3f} | |

| class | pages | recall | 95 % (Wilson) | precision | 95 % (Wilson) | AUC |
|---|---|---|---|---|---|---|
{per_class}

Rows are the truth, columns the answer:

{confusion}

The floor, measured with a linear probe on a frozen ImageNet network in such a cross-validation:
accuracy 0.845, macro-F1 0.757, AUC 0.924. `twelvelead evaluate --model {key} --data DIR
--out-of-fold` computes the figures above again, from the held-out probabilities in
`out_of_fold.csv` and the pages in DIR.

## On its own training pages
The shipped weights have seen all {n} pages. On them accuracy is {memory_accuracy:.3f} and macro-F1
{memory_f1:.3f} (`twelvelead evaluate --model {key} --data DIR`): memory, no skill.

## When to believe it
Answers below a probability of {accept_from:.2f} are called uncertain. From there on {accepted_share:.0%} of
the held-out answers were accepted, and {accepted_right} of those were right (the threshold was
chosen on them for {wanted:.0%}). The temperature is {temperature:.3f}.

## Limits
Myocardial infarction has {mi} pages: its recall is known no better than the interval above. All pages
come from one device and hospital region; a page of another look is another task. Heart rate and
rhythm can be read off any trace, so part of the skill may be that.

## Origin and licence
Backbone as named above; fine-tuned weights under CC BY 4.0, as the pages they were trained on.
"""


def write_card(entry: ModelEntry) -> Path:
    """`README.md` beside `model.toml`, from the entry and its metrics; the file written."""
    metrics = entry.metrics or {}
    held_out: Figures = metrics["cross_validation"]
    file = entry.folder / "README.md"
    file.write_text(
        CARD.format(
            **_about(entry),
            **_results(held_out),
            **_trust(metrics),
            **{name: metrics[name] for name in ("date", "parameters", "origin")},
        ),
        encoding="utf-8",
    )
    return file


def _about(entry: ModelEntry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "notice": NOTICE,
        "key": entry.key,
        "framework": "Keras" if entry.framework == "keras" else "PyTorch",
        "architecture": entry.architecture,
        "weights": entry.weights.path.name,
        "megabytes": entry.weights.path.stat().st_size / 1e6,
        "sha256": entry.weights.sha256,
        "labels": ", ".join(f"`{label}`" for label in entry.labels),
    }


def _results(held_out: Figures) -> dict[str, Any]:
    classes: Mapping[str, Figures] = held_out["per_class"]
    scalars = ("n", "patients", "folds", "accuracy", "macro_f1", "auc", "balanced_accuracy", "ece")
    intervals = ("accuracy_interval", "macro_f1_interval", "auc_interval")
    return (
        {name: held_out[name] for name in scalars}
        | {name: _interval(held_out[name]) for name in intervals}
        | {
            "split": held_out["split_sha256"],
            "counts": ", ".join(f"{label} {row['n']}" for label, row in classes.items()),
            "per_class": "\n".join(_class_row(label, row) for label, row in classes.items()),
            "confusion": _confusion(held_out),
            "mi": classes["myocardial_infarction"]["n"],
        }
    )


def _trust(metrics: Figures) -> dict[str, Any]:
    calibration, memory = metrics["calibration"], metrics["on_training_pages"]
    right = calibration["accepted_right"]
    return {
        "accept_from": calibration["accept_from"],
        "accepted_share": calibration["accepted_share"],
        "accepted_right": "none" if right is None else f"{right:.1%}",
        "wanted": calibration["accepted_accuracy"],
        "temperature": calibration["temperature"],
        "memory_accuracy": memory["accuracy"],
        "memory_f1": memory["macro_f1"],
    }


def _class_row(label: str, row: Figures) -> str:
    return (
        f"| `{label}` | {row['n']} | {row['recall']:.3f} | {_interval(row['recall_interval'])} "
        f"| {row['precision']:.3f} | {_interval(row['precision_interval'])} | {row['auc']:.3f} |"
    )


def _confusion(held_out: Figures) -> str:
    labels = held_out["labels"]
    head = f"| | {' | '.join(labels)} |\n|---|{'---|' * len(labels)}"
    rows = [
        f"| {label} | {' | '.join(map(str, row))} |"
        for label, row in zip(labels, held_out["confusion"], strict=True)
    ]
    return "\n".join([head, *rows])


def _interval(pair: list[float] | None) -> str:
    return "-" if pair is None else f"{pair[0]:.3f} - {pair[1]:.3f}"


if __name__ == "__main__":  # python -m training.card models: every card anew, from its metrics.json
    for shipped in read_registry(Path(sys.argv[1])).values():
        if isinstance(shipped, ModelEntry):
            print(write_card(shipped))
