"""`twelvelead evaluate`: measures a model on class-named folders, or on records with marked beats."""

from typing import Any

from model_registry.registry import read_registry
from twelvelead.cli.output import CommandError, print_json
from twelvelead.cli.parser import Options
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.evaluate import Manner, evaluate, evaluate_out_of_fold
from twelvelead.evaluation.text import figures_text
from twelvelead.inference.gate.gate import Gate
from twelvelead.inference.predictor import Predictor


def run(options: Options) -> int:
    """`twelvelead evaluate --model KEY --data DIR`"""
    predictor = Predictor(read_registry(options.models), examine=Gate())
    try:
        figures = _measure(predictor, options)
    except DataError as error:
        raise CommandError(str(error)) from error
    finally:
        predictor.close()
    if options.json:
        print_json(figures)
    else:
        print(figures_text(figures))
    return 0


def _measure(predictor: Predictor, options: Options) -> dict[str, Any]:
    if not options.out_of_fold:
        manner = Manner(options.detected, options.leave_out_seen)
        return evaluate(predictor, options.model, options.data, manner)
    if options.detected or options.leave_out_seen:
        asked = "--detected asks" if options.detected else "--leave-out-seen asks"
        raise CommandError(f"{asked} a model anew and --out-of-fold does not: give one of them.")
    return evaluate_out_of_fold(predictor.registry[options.model], options.data)
