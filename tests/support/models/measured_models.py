"""Measured models for the tests of their pages, and how those pages are read."""

import re
import shutil
from pathlib import Path

from werkzeug.test import TestResponse

from tests.support.models.fake_metrics import fake_metrics, write_metrics
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS
from tests.support.web.web_fakes import make_app

HTML = {"Accept": "text/html"}
STRONG, WEAK = fake_metrics(KERAS_LABELS, 3.0), fake_metrics(PYTORCH_LABELS, 1.0)
CARD = "# Tiny\n\nNo use.\n\n## Intended use\nTests <b>only</b>.\n\n## Limits\nIt is tiny.\n"


def copy_measured(models_dir: Path, folder: Path) -> Path:
    """tiny_keras, strong and with a card, tiny_torch, weak, and one that is broken; `folder`."""
    shutil.copytree(models_dir, folder)
    write_metrics(folder / "tiny_keras", STRONG)
    write_metrics(folder / "tiny_torch", WEAK)
    (folder / "tiny_keras" / "README.md").write_text(CARD, encoding="utf-8")
    (folder / "broken").mkdir()
    (folder / "broken" / "model.toml").write_text("title = 1\n", encoding="utf-8")
    return folder


def ask(folder: Path, address: str) -> TestResponse:
    return make_app(folder).test_client().get(address, headers=HTML)


def read(folder: Path, address: str) -> str:
    """A page that must be there."""
    answer = ask(folder, address)
    assert answer.status_code == 200, answer.text
    return answer.text


def row(page: str, key: str) -> str:
    """The text of a model's row, without tags."""
    (found,) = re.findall(rf'<tr [^>]*data-key="{key}".*?</tr>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", found).replace("&ndash;", "-").split())


def three(value: float) -> str:
    return f"{value:.3f}"
