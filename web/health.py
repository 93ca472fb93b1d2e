"""Probes: whether the process lives, and whether it is ready."""

from flask import Blueprint, Response

from model_registry.errors import ModelUnavailable
from web.api import send
from web.documents import Health
from web.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def live() -> Response:
    """The process answers."""
    return send(Health(status="ok"))


@blueprint.get("/readyz")
def ready() -> Response:
    """The registry is read, and each model that is warmed at start is loaded or known to fail."""
    found = services()
    warm = found.settings.warm
    keys = list(found.predictor.registry) if "all" in warm else list(warm)
    waiting = [key for key in keys if _is_waiting(key)]
    answer = send(Health(status="starting" if waiting else "ok", waiting_for=waiting))
    answer.status_code = 503 if waiting else 200
    return answer


def _is_waiting(key: str) -> bool:
    try:
        return services().predictor.state(key) != "ready"
    except ModelUnavailable:
        return False  # it failed, and says so in the list of models; the others serve
