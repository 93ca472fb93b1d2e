"""A models folder with one tiny model of each framework, made once a session."""

from pathlib import Path

import pytest

from tests.tiny_models import make_keras_model, make_pytorch_model


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tiny_keras` and `tiny_torch`; copy it before changing anything in it."""
    folder = tmp_path_factory.mktemp("models")
    make_keras_model(folder)
    make_pytorch_model(folder)
    return folder
