"""The API: JSON over HTTP, the same answers as the page and the command."""

from flask import Blueprint, Response, render_template
from pydantic import BaseModel

from twelvelead.inference.batch import PageBatch
from twelvelead.inference.choice import chosen_page_models
from twelvelead.inference.prediction import Answers
from twelvelead.inference.predictor import Asker
from twelvelead.web.admission.admit import admitted, admitted_with_either
from twelvelead.web.admission.reading import slot
from twelvelead.web.forms.fields import PAGE_MODEL
from twelvelead.web.forms.pages import chosen_page
from twelvelead.web.forms.recordings import holds_recording
from twelvelead.web.schemas.model_figures import read_figures
from twelvelead.web.schemas.models import describe_models
from twelvelead.web.schemas.pages import describe_answers, describe_page
from twelvelead.web.server.errors import Unanswered, wants_json
from twelvelead.web.server.request_context import request_context
from twelvelead.web.server.services import services
from twelvelead.web.shown.beside import Beside, draw_beside
from twelvelead.web.views.openapi import describe_api
from twelvelead.web.views.signal_api import answer_as_before

blueprint = Blueprint("api", __name__)


def send(document: BaseModel) -> Response:
    """A document as JSON; no NaN or Infinity can be in it."""
    return Response(document.model_dump_json(by_alias=True), mimetype="application/json")


def ask(*, file_first: bool = False) -> Answers[PageBatch]:
    """Asks the chosen models about the chosen page, all that read it where none is named.

    Raises Unanswered where none answered.
    """
    found, here = services(), request_context()
    keys = chosen_page_models(PAGE_MODEL.texts())
    page = chosen_page(found, file_first=file_first)
    answers = found.predictor.predict(page, keys, Asker(here.deadline))
    here.note(answers)
    found.metrics.record(answers)
    if not answers.predictions:
        told = " ".join(answers.failures.values()) or "No model is usable."
        raise Unanswered(told, tuple(answers.errors.values()))
    return answers


def shown_beside(answers: Answers[PageBatch]) -> Beside | None:
    """The straightened page beside the picture that it came from, where it was straightened."""
    page = answers.batch.page
    if page.straightened is None:
        return None
    with slot():
        return draw_beside(page)


@blueprint.get("/api/v1/models")
def list_models() -> Response:
    """All models, with state and held-out figures."""
    return send(describe_models(services().predictor))


@blueprint.get("/api/v1/models/<key>/metrics")
def show_metrics(key: str) -> Response:
    """All that was measured of one model. Raises UnknownModel, ModelUnavailable."""
    return send(read_figures(services().predictor.registry[key]))


@blueprint.post("/api/v1/predictions")
@admitted
def predict() -> Response:
    """Asks one or more models about one page."""
    return send(describe_answers(ask()))


@blueprint.post("/api/v1/frame")
@admitted
def find_frame() -> Response:
    """Which part of a page would be read."""
    found = services()
    data = chosen_page(found)
    with slot():
        return send(describe_page(found.predictor.read(data)))


@blueprint.post("/predict")
@admitted_with_either
def predict_as_before() -> Response | str:
    """For clients of earlier apps: `model_key`, `image_source`, `upload_image` or `sample_path`.

    A CSV in place of a picture is answered with the classes of its beats.
    """
    if holds_recording():
        return send(answer_as_before())
    answers = ask()
    document = describe_answers(answers)
    if wants_json():
        return send(document)
    return render_template("result.html", answers=document, beside=shown_beside(answers))


@blueprint.get("/openapi.json")
def openapi() -> dict[str, object]:
    """This API, OpenAPI 3.1."""
    return describe_api()


@blueprint.get("/api")
def read_api() -> str:
    """This API, for people."""
    return render_template("api.html", api=describe_api())
