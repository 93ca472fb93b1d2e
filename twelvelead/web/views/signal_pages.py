"""The pages on signals: give a recording, watch it being classified, look at every beat of it."""

import gzip
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from pydantic import BaseModel
from werkzeug.wrappers import Response as Answer

from ecg.signal.signal import MAX_BYTES, MAX_HOURS, MAX_LEADS
from twelvelead.inference.batch import Recording
from twelvelead.inference.choice import chosen_beat_models
from twelvelead.inference.fitting import beat_models
from twelvelead.inference.prediction import Answers
from twelvelead.web.admission.admit import admitted_with_recording
from twelvelead.web.forms.fields import RECORDING_MODEL
from twelvelead.web.forms.recordings import beat_models_to_ask, chosen_recording
from twelvelead.web.jobs.job_costs import BEATS_A_SECOND, in_time
from twelvelead.web.jobs.recording_jobs import Job
from twelvelead.web.jobs.sessions import begin_session, session
from twelvelead.web.schemas.models import describe_models
from twelvelead.web.schemas.signals import (
    BeatColumns,
    Progress,
    TraceStretch,
    describe_columns,
    describe_signal,
)
from twelvelead.web.server.clients import client_address
from twelvelead.web.server.errors import RequestError, retry_header, told
from twelvelead.web.server.services import services
from twelvelead.web.shown.beat_files import MEDIA
from twelvelead.web.shown.beats import chosen_answer, table_page, view_of
from twelvelead.web.shown.plotly_files import read_plotly
from twelvelead.web.shown.trace import ShownTrace
from twelvelead.web.views.signal_api import send_beats, why_unanswered

blueprint = Blueprint("signal_pages", __name__)

POINTS = 4000  # most that one answer holds
PACKED_FROM = 2000  # bytes


@blueprint.get("/signals")
def start() -> str:
    """The form: files or a sample, what the file may not tell, and models."""
    return _render_form()


@blueprint.post("/signals")
@admitted_with_recording
def classify() -> tuple[str, int, dict[str, str]] | Answer:
    """Takes a recording in, and leads to its page."""
    try:
        found = services()
        keys = tuple(beat_models_to_ask(found))
        signal, leads = chosen_recording(found, file_first=True)
        beats = signal.seconds * BEATS_A_SECOND if signal.rows is None else len(signal.rows)
        cost = found.costs.check(keys, beats, signal.seconds)
        job = Job(begin_session(), signal, leads, keys, client=client_address(), cost=cost)
        found.jobs.add(job)
    except Exception as error:  # noqa: BLE001 - told() turns each into a status and a sentence
        status, detail = told(error)
        return _render_form(error=detail), status, retry_header(error)
    return redirect(url_for("signal_pages.show", wanted=job.id), 303)


@blueprint.get("/signals/<wanted>")
def show(wanted: str) -> str | tuple[str, int]:
    """How far it is; then every beat."""
    job = _find(wanted)
    if not job.is_over:
        return render_template("signal_progress.html", job=job, progress=_progress(job))
    if job.answers is not None and job.answers.predictions:
        return _render_result(job, job.answers)
    error = why_unanswered(job.answers) if job.answers is not None else job.error
    status, detail = told(error or LookupError())
    return render_template("signal_progress.html", job=job, error=detail), status


@blueprint.get("/signals/<wanted>/progress")
def tell_progress(wanted: str) -> Response:
    """For the script, which asks until it is over."""
    return _send(_progress(_find(wanted)))


@blueprint.get("/signals/<wanted>/trace")
def show_trace(wanted: str) -> Response:
    """The trace between two times, in at most so many points."""
    trace = _trace(_find(wanted))
    begin = _number("from", 0.0, trace.seconds)
    end = _number("to", trace.seconds, trace.seconds)
    points = int(_number("points", 2000, POINTS))
    if end <= begin or points < 1:
        raise RequestError("Ask for 'from' before 'to', in seconds, and for at least one point.")
    found = trace.stretch(begin, end, points)
    return _send(
        TraceStretch(
            start=found.start,
            step=found.step,
            low=_rounded(found.low),
            high=[] if found.high is None else _rounded(found.high),
        )
    )


@blueprint.get("/signals/<wanted>/beats")
def show_beats(wanted: str) -> Response:
    """All beats in columns, as one model names them."""
    answers = _answers(_find(wanted))
    one = chosen_answer(answers, request.args.get("model", ""))
    columns: BeatColumns = describe_columns(one, answers.batch)
    return _send(columns)


@blueprint.get("/signals/<wanted>/annotations.<form>")
def download(wanted: str, form: str) -> Response:
    """One model's beats as a file."""
    if form not in MEDIA:
        raise RequestError(f"There are annotations as {' and '.join(MEDIA)}.")
    answers = _answers(_find(wanted))
    return send_beats(answers, chosen_answer(answers, request.args.get("model", "")), form)


@blueprint.post("/signals/<wanted>/forget")
def forget(wanted: str) -> Answer:
    """Keeps nothing of a recording any more."""
    services().jobs.forget(_find(wanted))
    return redirect(url_for("signal_pages.start"), 303)


def _find(wanted: str) -> Job:
    return services().jobs.find(wanted, session())


def _answers(job: Job) -> Answers[Recording]:
    if job.answers is None or not job.answers.predictions:
        raise RequestError("This recording has no answers: it is not classified yet, or failed.")
    return job.answers


def _trace(job: Job) -> ShownTrace:
    if "trace" not in job.shown:
        job.shown["trace"] = ShownTrace(job.signal.values[0], job.signal.rate)
    found: ShownTrace = job.shown["trace"]
    return found


def _progress(job: Job) -> Progress:
    return Progress(state=job.state, share=job.share, detail=_how_far(job))


def _how_far(job: Job) -> str:
    """One sentence on a recording that is not over yet, or is."""
    if job.state == "waiting":
        count, seconds = services().jobs.before(job)
        before = f"{count} before it, about {in_time(seconds)}." if count else ""
        return f"Waiting: {before}" if before else "Waiting."
    if job.state != "running":
        return "Done." if job.state == "done" else "It failed."
    if not job.share:
        return "Finding the beats."
    told = f"{100 * job.share:.0f} % of the beats are classified"
    if job.paused:
        return f"{told}; a shorter recording goes first."
    return f"{told}, about {in_time(job.remaining)} to go."


def _number(name: str, default: float, most: float) -> float:
    """A number of the address, from 0 to `most`. Raises RequestError."""
    text = request.args.get(name, "")
    try:
        number = float(text) if text else float(default)
    except ValueError:
        raise RequestError(f"'{name}' should be a number.") from None
    if not number >= 0:
        raise RequestError(f"'{name}' should be 0 or more.")
    return min(number, most)


def _rounded(values: Any) -> list[float]:
    """To microvolts."""
    rounded: list[float] = values.astype("float64").round(3).tolist()
    return rounded


def _send(document: BaseModel) -> Response:
    """A document as JSON, packed where the browser takes that and it is worth it."""
    data = document.model_dump_json().encode()
    answer = Response(data, mimetype="application/json")
    if len(data) >= PACKED_FROM and request.accept_encodings.quality("gzip") > 0:
        answer.set_data(gzip.compress(data, compresslevel=1, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


def _render_form(error: str | None = None) -> str:
    found = services()
    registry = found.predictor.registry
    known = beat_models(registry)
    asked = RECORDING_MODEL.texts() or request.args.getlist("model")
    models = [one for one in describe_models(found.predictor).models if one.key in known]
    return render_template(
        "signals.html",
        models=models,
        chosen=[key for key in asked if key in known] or chosen_beat_models(registry, []),
        samples=found.signal_samples,
        fields=request.form,
        limits=(MAX_BYTES // 1_000_000, MAX_HOURS, MAX_LEADS),
        error=error,
    )


def _render_result(job: Job, answers: Answers[Recording]) -> str:
    registry = services().predictor.registry
    view = view_of(job, answers, request.args.get("model", ""), registry)
    label = request.args.get("label", "")
    return render_template(
        "signal.html",
        job=job,
        signal=describe_signal(answers, job.leads),
        answers=answers,
        view=view,
        titles={one.model: registry[one.model].title for one in answers.predictions},
        failures=answers.failures,
        label=label if label in view.answer.labels else "",
        table=table_page(view, answers.batch, label, request.args.get("page", 1, type=int)),
        rule=view.answer.rule,
        range=_trace(job).usual_range,
        plotly=read_plotly(),
    )
