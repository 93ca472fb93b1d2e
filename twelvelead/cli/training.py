"""The commands over `training`: evaluate, audit and train. It is imported when they run."""

import sys
from typing import Any

from model_registry.registry import read_registry
from twelvelead.cli.output import CommandError, print_figures, print_json
from twelvelead.cli.parser import Options
from twelvelead.inference.predictor import Predictor


def evaluate(options: Options) -> int:
    """`twelvelead evaluate --model KEY --data DIR`"""
    from twelvelead.datasets.pages import DataError

    predictor = Predictor(read_registry(options.models))
    try:
        told = _figures(predictor, options)
    except DataError as error:
        raise CommandError(str(error)) from error
    finally:
        predictor.close()
    figures, text = told
    if options.json:
        print_json(figures)
    elif text:
        print(text)
    else:
        print_figures(figures)
    return 0


def _figures(predictor: Predictor, options: Options) -> tuple[dict[str, Any], str]:
    """What was measured; its text too where it is about records."""
    from twelvelead.evaluation.beat_text import beat_text
    from twelvelead.evaluation.pages import evaluate as evaluate_folders
    from twelvelead.evaluation.pages import evaluate_out_of_fold
    from twelvelead.evaluation.records import evaluate_served, holds_records

    entry = predictor.registry[options.model]
    if entry.task.subject != "beat" or not holds_records(options.data):
        if options.detected:
            raise CommandError(
                "--detected goes with a model of beats, and a folder of WFDB records."
            )
        if options.out_of_fold:
            return evaluate_out_of_fold(entry, options.data), ""
        return evaluate_folders(predictor, options.model, options.data), ""
    if options.out_of_fold:
        raise CommandError(
            "--out-of-fold goes with labelled pictures; a model of beats is asked about records."
        )
    predictor.load(options.model)  # what fails is told before anything is read
    figures = evaluate_served(predictor, options.model, options.data, detected=options.detected)
    return figures, beat_text(figures)


def audit(options: Options) -> int:
    """`twelvelead audit DIR`"""
    from twelvelead.audit.folder import audit as run_audit
    from twelvelead.audit.report import write_report
    from twelvelead.audit.text import audit_text
    from twelvelead.datasets.pages import DataError

    try:
        found = run_audit(options.folder, options.against)
    except DataError as error:
        raise CommandError(str(error)) from error
    if options.json:
        print_json(found.as_json())
    else:
        print(audit_text(found))
    if options.html:
        try:
            write_report(found, options.html)
        except OSError as error:
            raise CommandError(f"{options.html} can't be written ({error.strerror}).") from error
    return 0


def train(options: Options) -> int:
    """`twelvelead train KEY --data DIR`, of a network or of an ensemble of trained ones"""
    from twelvelead.datasets.pages import DataError
    from twelvelead.training.ensemble import train_or_assemble
    from twelvelead.training.run import Plan

    named = ("key", "data", "models", "work", "backbone", "folds", "split", "despite_leaks")
    plan = Plan(**{name: getattr(options, name) for name in named})
    say = (lambda line: print(line, file=sys.stderr)) if options.json else print
    try:
        metrics = train_or_assemble(plan, say)
    except DataError as error:
        raise CommandError(str(error)) from error
    if options.json:
        print_json(metrics)
    return 0
