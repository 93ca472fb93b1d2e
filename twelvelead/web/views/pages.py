"""The pages: choose models, give a page, read the answers; browse a data set."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request

from ecg.page.library import Library, Picture
from ecg.page.page import MAX_BYTES
from ecg.picture.formats import ACCEPTED, FORMATS_IN_WORDS
from ecg.tasks import CARDIAC_PAGE_4, NOTICE, TASKS, Task
from model_registry.entry import FRAMEWORK_TITLES
from twelvelead.inference.choice import DRAWN, reads_in_words
from twelvelead.web.admission.admit import admitted
from twelvelead.web.admission.reading import slot
from twelvelead.web.forms.fields import PAGE_MODEL, PAGE_SAMPLE
from twelvelead.web.schemas.models import Model, describe_models
from twelvelead.web.schemas.pages import PredictionMade, Predictions, describe_answers
from twelvelead.web.server.errors import retry_header, told
from twelvelead.web.server.request_context import request_context
from twelvelead.web.server.services import Services, services
from twelvelead.web.shown.beside import Beside
from twelvelead.web.shown.thumbnails import draw_shown, draw_thumbnail
from twelvelead.web.views.api import ask, shown_beside

blueprint = Blueprint("pages", __name__)

PER_PAGE = 24
BEATS = "beats"  # the folder of samples that are single beats
BEAT_WORDS = {  # by the WFDB symbol that their folders are named for
    "N": "normal beat",
    "L": "left bundle branch block",
    "R": "right bundle branch block",
    "A": "atrial premature beat",
    "V": "premature ventricular contraction",
}
LASTING = "private, max-age=3600"
TITLES = CARDIAC_PAGE_4.labels
BEAT_PICTURES, SIGNALS = ["beat_picture"], "segment"


@blueprint.app_context_processor
def common() -> dict[str, Any]:
    """What every template may name."""
    return {
        "notice": NOTICE,
        "titles": TITLES,
        "frameworks": FRAMEWORK_TITLES,
        "formats": FORMATS_IN_WORDS,
        "accepted": ACCEPTED,
        "megabytes": MAX_BYTES // 1_000_000,
        "reads_in_words": reads_in_words,
        "drawn": DRAWN,
        "task_titles": {task.key: task.title for task in TASKS.values()},
        "task_of": task_of,
        "in_order": in_order,
    }


def task_of(key: str) -> Task:
    """What a model is asked, for templates."""
    return services().predictor.registry[key].task


def in_order(predictions: list[PredictionMade], order: list[str]) -> list[PredictionMade]:
    """The answers as a verdict orders their models; those that it does not name come last."""
    places = {key: place for place, key in enumerate(order)}
    return sorted(predictions, key=lambda one: places.get(one.model, len(places)))


@blueprint.get("/")
def index() -> str:
    """The one page that does the job."""
    chosen = request.args.get("sample", "")
    return _render(request.args.getlist("model"), chosen)


@blueprint.post("/")
@admitted
def analyse() -> tuple[str, int, dict[str, str]]:
    """The same page with answers on it: a plain form post, no script needed."""
    models, sample = PAGE_MODEL.texts(), PAGE_SAMPLE.text()
    try:
        answers = ask(file_first=True)
        beside = shown_beside(answers)
    except Exception as error:  # noqa: BLE001 - told() turns each into a status and a sentence
        status, detail = told(error)
        return _render(models, sample, error=detail), status, retry_header(error)
    return _render(models, sample, answers=describe_answers(answers), beside=beside), 200, {}


@blueprint.post("/results")
@admitted
def results() -> str:
    """The answers alone, for the script to put into the page."""
    answers = ask()
    document = describe_answers(answers)
    return render_template("_answers.html", answers=document, beside=shown_beside(answers))


@blueprint.get("/browse")
def browse() -> str:
    """The data set by class and split, a page of thumbnails at a time."""
    data = services().data
    if data is None:
        return render_template("browse.html", data=None)
    label, split = request.args.get("label") or None, request.args.get("split") or None
    pictures = data.select(label, split)
    last = max(1, -(-len(pictures) // PER_PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), last)
    return render_template(
        "browse.html",
        data=data,
        label=label if label in data.labels else None,
        split=split if split in data.splits else None,
        pictures=pictures[(page - 1) * PER_PAGE : page * PER_PAGE],
        count=len(pictures),
        page=page,
        last=last,
    )


@blueprint.get("/pictures/<wanted>")
def show(wanted: str) -> Response:
    """A sample or a page of the data set, encoded anew."""
    return _shown(services().find_picture(wanted), draw_shown)


@blueprint.get("/pictures/<wanted>/thumbnail")
def show_thumbnail(wanted: str) -> Response:
    """A small one."""
    return _shown(services().find_picture(wanted), draw_thumbnail)


def _shown(picture: Picture, draw: Callable[[bytes], bytes]) -> Response:
    """A picture as it was drawn before; else it is drawn where there is room for one more request."""
    name = picture.id, draw.__name__
    data = services().shown.find(name) or _draw(picture, draw)
    return Response(data, mimetype="image/jpeg", headers={"Cache-Control": LASTING})


@admitted
def _draw(picture: Picture, draw: Callable[[bytes], bytes]) -> bytes:
    def draw_in_turn() -> bytes:
        with slot():
            return draw(picture.read())

    name = picture.id, draw.__name__
    return services().shown.draw(name, draw_in_turn, request_context().deadline)


def _render(models: list[str], sample: str, **outcome: Predictions | Beside | str | None) -> str:
    """The page; outcome: `answers` and what is shown `beside` them, or an `error`."""
    found = services()
    listed = describe_models(found.predictor).models
    offered = [model for model in listed if SIGNALS not in model.reads]
    pages = [model for model in offered if model.reads != BEAT_PICTURES]
    usable = [model.key for model in offered if model.state != "unavailable"]
    return render_template(
        "index.html",
        models=pages,
        beat_models=[model for model in offered if model.reads == BEAT_PICTURES],
        signal_models=[model for model in listed if SIGNALS in model.reads],
        chosen=[key for key in models if key in usable] or _first_chosen(pages),
        gallery=_gallery(found.samples),
        beat_gallery=_beats(found.samples),
        findings=found.findings,
        sample=_known(found, sample),
        browsable=found.data is not None,
        **outcome,
    )


def _first_chosen(pages: list[Model]) -> list[str]:
    return [model.key for model in pages if model.state != "unavailable"]


def _gallery(samples: Library) -> dict[str, tuple[Picture, ...]]:
    return {label: samples.select(label) for label in TITLES if samples.select(label)}


def _beats(samples: Library) -> dict[str, tuple[Picture, ...]]:
    """Pictures of single beats, by the words for what they show."""
    beats = [one for one in samples.pictures if one.path.parent.parent.name == BEATS]
    found = {one.path.parent.name for one in beats}
    return {
        words: tuple(one for one in beats if one.path.parent.name == symbol)
        for symbol, words in BEAT_WORDS.items()
        if symbol in found
    }


def _known(found: Services, wanted: str) -> Picture | None:
    """The picture that was chosen before, None where the id is unknown."""
    try:
        return found.find_picture(wanted) if wanted else None
    except LookupError:
        return None
