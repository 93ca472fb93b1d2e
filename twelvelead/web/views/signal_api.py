"""The API's part on signals: every beat of a recording, as JSON, CSV or WFDB annotations."""

import base64

from flask import Blueprint, Response, request

from model_registry.errors import ModelUnavailable, WrongInput
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers, Prediction
from twelvelead.inference.predictor import Asker
from twelvelead.web.admission.admit import admitted_with_recording, holding_signal, inside
from twelvelead.web.forms.fields import FORMAT
from twelvelead.web.forms.recordings import beat_models_to_ask, chosen_recording
from twelvelead.web.schemas.signals import EarlierAnswer, write_predictions
from twelvelead.web.server.errors import RequestError, Unanswered
from twelvelead.web.server.request_context import request_context
from twelvelead.web.server.services import services
from twelvelead.web.shown.beat_files import MEDIA, write_beats
from twelvelead.web.shown.drawing import draw_png

blueprint = Blueprint("signal_api", __name__)


@blueprint.post("/api/v1/signals/predictions")
@admitted_with_recording
def predict_signals() -> Response:
    """Asks one or more models about every beat of a recording."""
    form, (leads, answers) = chosen_form(), ask()
    if form == "json":
        return Response(write_predictions(answers, leads), mimetype="application/json")
    if len(answers.predictions) > 1:
        raise RequestError(f"Ask one model for {form}: a file holds the answers of one.")
    return send_beats(answers, answers.predictions[0], form)


def ask() -> tuple[tuple[str, ...], Answers[Recording]]:
    """Asks the chosen models about the chosen recording; the names of its leads and what they say.

    Raises Unanswered where none answered, WrongInput where none of them reads beats.
    """
    found, here = services(), request_context()
    keys = beat_models_to_ask(found)
    signal, leads = chosen_recording(found)
    with holding_signal(signal.values.nbytes):
        answers = found.predictor.predict(signal, keys, Asker(here.deadline))
    here.note(answers)
    found.metrics.record(answers)
    if not answers.predictions:
        raise why_unanswered(answers)
    return leads, answers


def why_unanswered(answers: Answers[Recording]) -> ModelUnavailable:
    """Of answers without any: WrongInput where all models read pages, else Unanswered, each reason once."""
    causes = tuple(answers.errors.values())
    if all(isinstance(error, WrongInput) for error in causes):
        return causes[0]
    return Unanswered(" ".join(dict.fromkeys(answers.failures.values())), causes)


def answer_as_before() -> EarlierAnswer:
    """For clients of the earlier app: the first model's classes, and its surest beat."""
    with inside(services().recordings):
        _, answers = ask()
    one = answers.predictions[0]
    surest = one.surest
    if surest is None:
        why = dict.fromkeys(stretch.reason.message for stretch in answers.batch.stretches)
        told = " ".join(why) or "No beat was found in this recording: send a longer or clearer one."
        raise RequestError(told)
    pairs = zip(one.classes.tolist(), one.read.tolist(), strict=True)
    return EarlierAnswer(
        output=[place if read else None for place, read in pairs],
        ecg_plot=base64.b64encode(draw_png(answers.batch.beats, surest)).decode(),
        label=one.labels[one.classes[surest]],
        probability=float(one.confidence[surest]),
    )


def chosen_form() -> str:
    """json, csv or atr, as the request says by `format` or by `Accept`. Raises RequestError."""
    wanted = FORMAT.text() or request.args.get(FORMAT.name)
    if wanted is None:
        kinds = ["application/json", *(MEDIA[name] for name in MEDIA)]
        best = request.accept_mimetypes.best_match(kinds, "application/json")
        return next((name for name, kind in MEDIA.items() if kind == best), "json")
    if wanted not in ("json", *MEDIA):
        raise RequestError(f"Send 'format' as json, {' or '.join(MEDIA)}.")
    return wanted


def send_beats(answers: Answers[Recording], one: Prediction, form: str) -> Response:
    """One model's beats as a file. Raises NoSymbol."""
    answer = Response(write_beats(answers.batch, one, form), mimetype=MEDIA[form])
    answer.headers["Content-Disposition"] = f"attachment; filename=beats.{form}"
    return answer
