"""The pages about models: all of them in one table, and each one's card with its figures as plots."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from model_registry.comparison import CHANCE
from twelvelead.web.schemas.model_figures import Figures, read_figures
from twelvelead.web.schemas.models import Model, describe_models
from twelvelead.web.server.services import services
from twelvelead.web.shown.model_cards import CardError, Section, read_card
from twelvelead.web.shown.model_table import make_tables
from twelvelead.web.shown.plotly_files import plotly_version, read_plotly

blueprint = Blueprint("model_pages", __name__)

FOREVER = "public, max-age=31536000, immutable"  # the address names the version
FIRST = ("Intended use", "Out of scope")  # what of a card stands before the figures
FOLDED = (  # what the page shows by itself
    *("Held-out figures", "Shortcuts"),
    "What others report, and why it is higher",
)


@blueprint.get("/models")
def list_models() -> str:
    """Every model, a table a task, and which of them differ beyond chance."""
    registry = services().predictor.registry
    tables = make_tables(
        services().predictor, request.args.get("sort", ""), request.args.get("order", "")
    )
    return render_template(
        "models.html",
        table=tables[0],
        tables=tables,
        comparison=registry.comparison,
        comparison_fault=registry.comparison_fault,
        chance=CHANCE,
        names={
            row.model.key: row.model.title or row.model.key
            for table in tables
            for row in table.rows
        },
    )


@blueprint.get("/models/<key>")
def show_model(key: str) -> str:
    """One model's card and figures. Raises UnknownModel, ModelUnavailable for a broken entry."""
    predictor = services().predictor
    entry = predictor.registry[key]
    (model,) = [one for one in describe_models(predictor).models if one.key == key]
    figures = read_figures(entry)
    sections, card_fault = _card(model)
    return render_template(
        "model.html",
        model=model,
        entry=entry,
        figures=figures,
        first=[one for one in sections if one.title in FIRST or not one.title],
        rest=[one for one in sections if one.title and one.title not in FIRST],
        folded=FOLDED,
        card_fault=card_fault,
        plots=_plots(figures),
        plotly=read_plotly(),
    )


@blueprint.get("/static/plotly/<version>.js")
def show_plotly(version: str) -> Response:
    """The script that draws the plots, packed where the browser takes that."""
    if version != plotly_version():
        abort(404)
    script = read_plotly()
    packed = request.accept_encodings.quality("gzip") > 0
    answer = Response(script.packed if packed else script.plain, mimetype="text/javascript")
    answer.headers["Cache-Control"] = FOREVER
    answer.headers["Vary"] = "Accept-Encoding"
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _card(model: Model) -> tuple[list[Section], str | None]:
    """The card's sections, and why it can't be shown where that is so."""
    folder = services().predictor.registry[model.key].folder
    try:
        sections = read_card(folder)
    except CardError as error:
        return [], str(error)
    return sections, None if sections else f"There is no {model.key}/README.md."


def _plots(figures: Figures) -> list[str]:
    """Which plots there are figures for."""
    held_out = figures.cross_validation
    there: dict[str, Any] = {
        "roc": held_out and held_out.roc,
        "confusion": held_out and held_out.confusion,
        "calibration": held_out and held_out.calibration_curve,
        "shortcuts": figures.shortcuts,
    }
    return [name for name, found in there.items() if found]
