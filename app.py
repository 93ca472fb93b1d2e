"""Plugs the parts together. `create_app` is for gunicorn and for tests; nothing imports this file."""

import atexit
import os
from collections.abc import Mapping

from flask import Flask

from inference.limits import Limits
from inference.predictor import Predictor
from model_registry.registry import read_registry
from web import api, errors, health, model_pages, pages, security
from web.services import make_services
from web.settings import ROOT, Settings


def create_app(
    config: Mapping[str, str] | None = None, predictor: Predictor | None = None
) -> Flask:
    """The app. `config`: TWELVELEAD_* settings in place of the environment's.

    Raises SettingsError for a setting that can't be used, EntryError for a missing models folder.
    """
    settings = Settings.from_environment(os.environ if config is None else config)
    if predictor is None:
        predictor = Predictor(read_registry(settings.models_dir), Limits(threads=settings.threads))
        atexit.register(predictor.close)
    app = Flask(__name__, root_path=str(ROOT))
    app.extensions["twelvelead"] = make_services(settings, predictor, ROOT / "static" / "samples")
    for part in (security, errors):
        part.init_app(app)
    for part in (api, health, model_pages, pages):
        app.register_blueprint(part.blueprint)
    return app
