"""`twelvelead evaluate`: measures a model on class-named folders, or on records with marked beats."""

from typing import Any

from model_registry.registry import read_registry
from twelvelead.cli.output import CommandError, print_json
from twelvelead.cli.parser import Options
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.beat_text import beat_text
from twelvelead.evaluation.pages import evaluate, evaluate_out_of_fold
from twelvelead.evaluation.records import evaluate_served, holds_records
from twelvelead.inference.predictor import Predictor


def run(options: Options) -> int:
    """`twelvelead evaluate --model KEY --data DIR`"""
    predictor = Predictor(read_registry(options.models))
    try:
        figures, text = _measure(predictor, options)
    except DataError as error:
        raise CommandError(str(error)) from error
    finally:
        predictor.close()
    if options.json:
        print_json(figures)
    elif text:
        print(text)
    else:
        _print(figures)
    return 0


def _measure(predictor: Predictor, options: Options) -> tuple[dict[str, Any], str]:
    """What was measured; its text too where it is about records."""
    entry = predictor.registry[options.model]
    if entry.task.subject != "beat" or not holds_records(options.data):
        if options.detected:
            raise CommandError(
                "--detected goes with a model of beats, and a folder of WFDB records."
            )
        if options.out_of_fold:
            return evaluate_out_of_fold(entry, options.data), ""
        return evaluate(predictor, options.model, options.data), ""
    if options.out_of_fold:
        raise CommandError(
            "--out-of-fold goes with labelled pictures; a model of beats is asked about records."
        )
    predictor.load(options.model)  # what fails is told before anything is read
    figures = evaluate_served(predictor, options.model, options.data, detected=options.detected)
    return figures, beat_text(figures)


def _print(figures: dict[str, Any]) -> None:
    """The figures of an evaluation, those of the classes below."""
    for name, value in figures.items():
        if isinstance(value, float):
            print(f"{name:<18} {value:.3f}")
        elif isinstance(value, int | str):
            print(f"{name:<18} {value}")
    for label, row in figures["per_class"].items():
        print(
            f"{label:<22} n {row['n']:<4} recall {row['recall']:.3f} precision {row['precision']:.3f}"
        )
    if figures.get("seen_in_training"):
        print("These pages were trained on: the figures tell memory, not skill. See --out-of-fold.")
