"""For those who watch the server: whether it lives, whether it is ready, its figures."""

from flask import Blueprint, Response

from model_registry.errors import ModelUnavailable
from twelvelead.web.schemas.health import Health
from twelvelead.web.server.metrics import KIND
from twelvelead.web.server.services import Services, services
from twelvelead.web.views.api import send

SERVING = ("ok", "degraded")

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def live() -> Response:
    """The process answers."""
    return send(Health(status="ok"))


@blueprint.get("/readyz")
def ready() -> Response:
    """Whether requests should be sent here: 200 where they are answered, if not all of them, else 503.

    With one model that is usable it serves, and says which are not. A model that was warm may since
    have made room for another: that is no reason to send nobody here.
    """
    health = _health_of(services())
    answer = send(health)
    answer.status_code = 200 if health.status in SERVING else 503
    return answer


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Figures for Prometheus."""
    return Response(services().metrics.as_text(), content_type=KIND)


def _health_of(found: Services) -> Health:
    if found.stopping():
        return Health(status="stopping")
    registry = found.predictor.registry
    waiting = [key for key in found.warm if _is_waiting(found, key)]
    if not registry.is_read or (waiting and found.warming.is_alive()):
        return Health(status="starting", waiting_for=waiting)
    failed = {key for key in registry.known if _is_broken(found, key)}
    broken = sorted(failed.union(waiting))
    if found.predictor.is_stuck(found.settings.deadline):
        return Health(status="stuck", broken=broken)
    health = Health(status="ok", broken=broken)
    if not found.jobs.is_working:
        health.stopped = ["recordings"]
    if failed == registry.known:
        health.status = "broken"
    elif broken or health.stopped:
        health.status = "degraded"
    return health


def _is_waiting(found: Services, key: str) -> bool:
    """Whether a model that should be warm has neither answered its example nor failed."""
    return not (found.predictor.has_answered(key) or _is_broken(found, key))


def _is_broken(found: Services, key: str) -> bool:
    try:
        found.predictor.state(key)
    except ModelUnavailable:
        return True  # it failed, and says so in the list of models; the others serve
    return False
