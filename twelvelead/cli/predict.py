"""`twelvelead predict`: asks models about files, pictures and signals as they come."""

import sys
from pathlib import Path
from typing import Any

from ecg.errors import NotASignal, PageError, SignalError, UnreadableSignal
from ecg.picture.encoded import picked
from ecg.tasks import NOTICE
from model_registry.registry import read_registry
from twelvelead.cli.output import CommandError, print_json, print_signal
from twelvelead.cli.parser import Options
from twelvelead.cli.recordings import is_picture, read_recording, recordings, signal_document
from twelvelead.inference.choice import chosen_beat_models, chosen_page_models
from twelvelead.inference.gate.gate import Gate
from twelvelead.inference.predictor import Predictor

ENDINGS = (".csv", ".tsv", ".hea", ".dat", ".atr", ".zip")  # of what is meant as a signal
Rows = list[dict[str, Any]]


def run(options: Options) -> int:
    """`twelvelead predict FILE.. --model KEY`"""
    predictor = Predictor(read_registry(options.models), examine=Gate())
    asking = _Asking(predictor, options)
    try:
        if not predictor.registry:
            raise CommandError("No model is usable: `twelvelead models` tells why.")
        for file in recordings(options.files):
            asking.ask(file)
    finally:
        predictor.close()
    if options.json:
        print_json(asking.as_json())
    else:
        for one in asking.notes:
            print(f"{one['file']}: {' '.join(one['notes'])}")
        _print(asking.predictions, asking.verdicts)
        for one in asking.signals:
            print_signal(one)
        if asking.predictions or asking.signals:
            print(NOTICE)
    for failure in asking.failures:
        print(f"twelvelead: {failure['file']}: {failure['detail']}", file=sys.stderr)
    return 1 if asking.failures else 0


def _print(predictions: Rows, verdicts: Rows) -> None:
    """Each picture's verdict, then each answer with its shares and reasons."""
    for verdict in verdicts:
        print(f"{verdict['file']}: {verdict['sentence']}")
        for reason in verdict["reasons"]:
            print(f"  {reason}")
    refused = {verdict["file"] for verdict in verdicts if verdict["decision"] == "refused"}
    for one in predictions:
        said = one["decision"] if one["label"] is None else f"{one['label']}, {one['decision']}"
        print(f"{one['file']}  {one['model']} ({one['runtime']}): {said}")
        for label, share in one["probabilities"].items():
            print(f"  {share:6.1%}  {label}")
        for told in () if one["file"] in refused else (*one["reasons"], *one["notes"]):
            print(f"  {told}")


class _Asking:
    """Files asked about one after another, with what came of each."""

    def __init__(self, predictor: Predictor, options: Options) -> None:
        self._predictor, self._options = predictor, options
        self.predictions: Rows = []
        self.verdicts: Rows = []
        self.notes: Rows = []
        self.signals: Rows = []
        self.failures: Rows = []

    def as_json(self) -> dict[str, Any]:
        """`signals`, `verdicts` and `notes` on pictures only where there are any."""
        told = {"predictions": self.predictions}
        told |= {"notes": self.notes} if self.notes else {}
        told |= {"verdicts": self.verdicts} if self.verdicts else {}
        told |= {"signals": self.signals} if self.signals else {}
        return told | {"failures": self.failures, "notice": NOTICE}

    def ask(self, file: Path) -> None:
        """Tells by its content whether a file is a picture or a signal."""
        try:
            if is_picture(file):
                self._ask_of_picture(file)
            else:
                self._ask_of_signal(file)
        except OSError as error:
            self._fail(file, str(error.strerror))
        except (PageError, SignalError) as error:
            self._fail(file, str(error))

    def _ask_of_picture(self, file: Path) -> None:
        page = picked(file.read_bytes(), self._options.page)
        answers = self._predictor.predict(page, chosen_page_models(self._options.model))
        self.predictions += [{"file": str(file)} | p.as_json() for p in answers.predictions]
        if answers.batch.page.notes:
            self.notes.append({"file": str(file), "notes": list(answers.batch.page.notes)})
        if answers.verdict:
            self.verdicts.append({"file": str(file)} | answers.verdict.as_json())
        self._fail_models(file, answers.failures)
        if not answers.predictions and not answers.failures:
            self._fail(file, "No model here reads such a picture: see `twelvelead models`.")

    def _ask_of_signal(self, file: Path) -> None:
        try:
            signal = read_recording(file, self._options)
        except (NotASignal, UnreadableSignal) as error:
            if file.suffix.lower() in ENDINGS:
                raise
            raise NotASignal(f"The file is not a picture; read as a signal: {error}") from error
        keys = chosen_beat_models(self._predictor.registry, self._options.model)
        if not keys:
            self._fail(file, "No model here reads signals: see `twelvelead models`.")
            return
        answers = self._predictor.predict(signal.only(self._options.lead), keys)
        self.signals.append({"file": str(file)} | signal_document(answers, signal.leads))
        self._fail_models(file, answers.failures)

    def _fail_models(self, file: Path, failures: dict[str, str]) -> None:
        self.failures += [
            {"file": str(file), "model": key, "detail": reason} for key, reason in failures.items()
        ]

    def _fail(self, file: Path, detail: str) -> None:
        self.failures.append({"file": str(file), "detail": detail})
