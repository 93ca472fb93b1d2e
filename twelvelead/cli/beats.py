"""`twelvelead beats`: finds every beat of a signal, asks models about each, writes them as CSV or .atr."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecg.beats.beat_files import NoSymbol, beats_atr, beats_csv
from ecg.errors import SignalError
from ecg.tasks import NOTICE
from model_registry.registry import Registry, read_registry
from twelvelead.cli.output import CommandError, print_json, print_signal
from twelvelead.cli.parser import Options
from twelvelead.cli.recordings import read_recording, recordings, signal_document
from twelvelead.inference.batch import Recording
from twelvelead.inference.choice import chosen_beat_models
from twelvelead.inference.prediction import Answers, labelled
from twelvelead.inference.predictor import Asker, Predictor

NO_MODEL = "no model that reads beats is registered: they are found and not classified."
ENDINGS = (".csv", ".atr")


def run(options: Options) -> int:
    """`twelvelead beats FILE.. [--model KEY] [--out FILE]`"""
    files = recordings(options.files)
    _check_out(options.out, len(files))
    predictor = Predictor(read_registry(options.models))
    told: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    try:
        keys = _keys(predictor.registry, options.model)
        for file in files:
            try:
                signal = read_recording(file, options)
                asker = Asker(note=_progress(file.name))
                answers = predictor.predict(signal.only(options.lead), keys, asker)
            except (OSError, SignalError) as error:
                detail = error.strerror if isinstance(error, OSError) else error
                failures.append({"file": str(file), "detail": str(detail)})
                continue
            document = signal_document(answers, signal.leads)
            # with the sample of each R peak, which no model's answer tells
            samples = {"samples": answers.batch.beats.indices.tolist()}
            told.append({"file": str(file)} | document | samples)
            failures += [
                {"file": str(file), "model": key, "detail": why}
                for key, why in answers.failures.items()
            ]
            _write(answers, options.out)
    finally:
        predictor.close()
    _print(told, failures, options)
    return 1 if failures else 0


def _check_out(out: Path | None, count: int) -> None:
    """Raises CommandError before anything is computed for a file that would not be written."""
    if out is None:
        return
    if count > 1:
        raise CommandError(f"--out takes one recording at a time; {count} were given.")
    if out.suffix.lower() not in ENDINGS:
        raise CommandError(f"--out writes .csv or .atr, not {out.name}.")
    if not out.parent.is_dir():
        raise CommandError(f"{out.parent} is not a folder: --out writes into one that is there.")


def _keys(registry: Registry, asked: list[str]) -> list[str]:
    """The models to ask. Raises CommandError, UnknownModel."""
    if "none" in asked:
        if len(asked) > 1:
            raise CommandError("--model none goes alone: it asks no model.")
        return []
    keys = chosen_beat_models(registry, asked)
    if not keys:
        print(f"twelvelead: {NO_MODEL}", file=sys.stderr)
    return keys


def _progress(name: str) -> Callable[[float], None]:
    """Tells people how far it is, on one line that ends with the work."""

    def note(share: float) -> None:
        if sys.stderr.isatty():
            end = "\n" if share >= 1 else ""
            print(f"\r{name}: {share:4.0%}", end=end, file=sys.stderr, flush=True)

    return note


def _write(answers: Answers[Recording], out: Path | None) -> None:
    """Writes the beats, labelled by the first model that answered. Raises CommandError.

    Nothing where models were asked and none answered.
    """
    if out is None or (answers.failures and not answers.predictions):
        return
    part = out.with_name(f"{out.name}.part")
    try:
        part.write_bytes(_annotations(answers, out.suffix.lower()))
        part.replace(out)
    except NoSymbol as error:
        raise CommandError(f"{error} Name a file that ends in .csv with --out.") from error
    except OSError as error:
        raise CommandError(f"{out} can't be written ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)


def _annotations(answers: Answers[Recording], ending: str) -> bytes:
    """The beats as a file. Raises NoSymbol.

    Those without a label are Q, unclassified, in .atr.
    """
    one = answers.predictions[0] if answers.predictions else None
    made = labelled(answers.batch, one)
    return beats_csv(made).encode() if ending == ".csv" else beats_atr(made)


def _print(told: list[dict[str, Any]], failures: list[dict[str, str]], options: Options) -> None:
    if options.json:
        print_json({"signals": told, "failures": failures, "notice": NOTICE})
    else:
        for one in told:
            print_signal(one)
        if told:
            print(NOTICE)
    for failure in failures:
        print(f"twelvelead: {failure['file']}: {failure['detail']}", file=sys.stderr)
