"""For those who watch the server: whether it lives, whether it is ready, its figures."""

from flask import Blueprint, Response

from model_registry.errors import ModelUnavailable
from web.api import send
from web.documents import Health
from web.metrics import KIND
from web.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def live() -> Response:
    """The process answers."""
    return send(Health(status="ok"))


@blueprint.get("/readyz")
def ready() -> Response:
    """The registry is read, and each model that is warmed at start answered its example or failed.

    A model that was warm may since have made room for another: that is no reason to send nobody here.
    """
    found = services()
    waiting = [key for key in found.warm if _is_waiting(key)] if found.warming.is_alive() else []
    if found.stopping():
        health = Health(status="stopping")
    else:
        unread = not found.predictor.registry.is_read
        health = Health(status="starting" if waiting or unread else "ok", waiting_for=waiting)
    answer = send(health)
    answer.status_code = 200 if health.status == "ok" else 503
    return answer


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Figures for Prometheus."""
    return Response(services().metrics.as_text(), content_type=KIND)


def _is_waiting(key: str) -> bool:
    try:
        return services().predictor.state(key) != "ready"
    except ModelUnavailable:
        return False  # it failed, and says so in the list of models; the others serve
