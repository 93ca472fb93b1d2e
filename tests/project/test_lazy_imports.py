"""What a fresh interpreter has loaded: packages that take long or much memory, only where they are used."""

import pytest

from tests.support.models.tiny_models import run_python

FRAMEWORKS = {"tensorflow", "keras", "tf_keras", "torch", "torchvision", "onnxruntime"}
SCIENCE = {"scipy", "pandas", "plotly", "wfdb", "sklearn", "matplotlib"}
WEB = {"flask", "werkzeug", "jinja2", "pydantic"}
PICTURES = {"cv2", "PIL"}
NUMBERS = {"numpy", *PICTURES}

# what a process begins with, and what it must not have loaded then
BEGINNINGS = {
    "import app": FRAMEWORKS | SCIENCE | PICTURES | {"tomli_w", "markdown_it", "numpy.random"},
    "import app; app.create_app()": FRAMEWORKS | SCIENCE | {"tomli_w"},  # its thread reads pictures
    "import twelvelead.inference.engines.worker": FRAMEWORKS | SCIENCE | WEB | PICTURES,
    "import twelvelead.web.server.gunicorn_conf": FRAMEWORKS | SCIENCE | WEB | NUMBERS,
    "import twelvelead.cli.main as m; m.make_parser()": FRAMEWORKS | SCIENCE | WEB | NUMBERS,
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_what_takes_long_is_not_loaded_at_the_beginning(beginning: str) -> None:
    heavy = BEGINNINGS[beginning]
    told = run_python("-c", f"import sys; {beginning}; print(sorted({heavy!r} & set(sys.modules)))")
    assert told.splitlines()[-1] == "[]"


def test_garbage_is_looked_for_again_once_the_app_is_imported() -> None:
    assert run_python("-c", "import app, gc; print(gc.isenabled())").strip() == "True"
