"""Plugs the parts together. `create_app` is for gunicorn and for tests; nothing imports this file."""

import atexit
import os
from collections.abc import Mapping

from flask import Flask

from model_registry.registry import read_registry
from twelvelead.inference.gate.gate import Gate
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.machine import read_machine
from twelvelead.project import SAMPLES, STATIC, TEMPLATES
from twelvelead.web.server import errors, logs, request_context, security
from twelvelead.web.server.capacity import capacity_of, limits_of
from twelvelead.web.server.clients import client_header
from twelvelead.web.server.services import make_services
from twelvelead.web.server.settings import Settings
from twelvelead.web.views import api, health, model_pages, pages, signal_api, signal_pages, traces


def create_app(
    config: Mapping[str, str] | None = None, predictor: Predictor | None = None
) -> Flask:
    """The app. `config`: TWELVELEAD_* settings in place of the environment's.

    Raises SettingsError for a setting that can't be used, EntryError for a missing models folder.
    """
    environ = os.environ if config is None else config
    settings = Settings.from_environment(environ)
    capacity = capacity_of(settings, read_machine())
    if predictor is None:
        registry = read_registry(settings.models_dir)
        predictor = Predictor(registry, limits_of(settings, capacity), Gate())
        atexit.register(predictor.close)
    app = Flask(__name__, template_folder=str(TEMPLATES), static_folder=str(STATIC))
    found = make_services(settings, predictor, SAMPLES, capacity)
    found.client_header = client_header(environ)
    app.extensions["twelvelead"] = found
    for part in (request_context, security, errors, logs):
        part.init_app(app)
    for part in (api, health, model_pages, pages, signal_api, signal_pages, traces):
        app.register_blueprint(part.blueprint)
    return app
