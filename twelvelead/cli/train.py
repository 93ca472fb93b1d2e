"""`twelvelead train`: cross-validates a model by patient, then fits it on all there is."""

import sys

from twelvelead.cli.output import CommandError, print_json
from twelvelead.cli.parser import Options
from twelvelead.datasets.pages import DataError
from twelvelead.training.ensemble import assemble
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import ENSEMBLES
from twelvelead.training.run import train


def run(options: Options) -> int:
    """`twelvelead train KEY --data DIR`, of a network or of an ensemble of trained ones"""
    named = ("key", "data", "models", "work", "backbone", "folds", "split", "despite_leaks")
    plan = Plan(**{name: getattr(options, name) for name in named})
    say = (lambda line: print(line, file=sys.stderr)) if options.json else print
    try:
        metrics = (assemble if plan.key in ENSEMBLES else train)(plan, say)
    except DataError as error:
        raise CommandError(str(error)) from error
    if options.json:
        print_json(metrics)
    return 0
