"""The traces of a page as numbers: a CSV of twelve leads in mV, or JSON. The page is not kept."""

from flask import Blueprint, Response, request

from ecg.digitise.traces import Traces
from twelvelead.web.admission.admit import admitted
from twelvelead.web.admission.reading import slot
from twelvelead.web.forms.pages import chosen_page
from twelvelead.web.schemas.pages import describe_traces
from twelvelead.web.server.services import services
from twelvelead.web.views.api import send

blueprint = Blueprint("traces", __name__)

CSV, JSON = "text/csv", "application/json"
FILE = "traces.csv"


@blueprint.post("/api/v1/traces")
@admitted
def answer() -> Response:
    """CSV, or JSON for who asks for it. Raises PageError with a sentence where it can't be read."""
    found = _read(file_first=False)
    if request.accept_mimetypes.best_match([CSV, JSON], CSV) == JSON:
        return send(describe_traces(found))
    return _file(found)


@blueprint.post("/traces.csv")
@admitted
def download() -> Response:
    """The same as a file, for the form's second button: no script needed."""
    return _file(_read(file_first=True))


def _read(*, file_first: bool) -> Traces:
    from ecg.digitise.digitise import read_traces

    found = services()
    data = chosen_page(found, file_first=file_first)
    with slot() as check:
        return read_traces(found.predictor.read(data), check)


def _file(found: Traces) -> Response:
    answer = Response(found.to_csv(), mimetype=CSV)
    answer.headers.set("Content-Disposition", "attachment", filename=FILE)
    return answer
