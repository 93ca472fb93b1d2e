"""The notebooks run from top to bottom on simulated pages, and are kept without outputs.

`make test` runs some of them, `make test-all` every one.
"""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.project import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
QUICK = ("01_look_at_data", "04_train_small_cnn", "07_average_models")


def test_there_are_notebooks() -> None:
    assert [n.stem for n in NOTEBOOKS] == [
        "01_look_at_data",
        "02_train_mobilenetv2",
        "03_train_vgg16",
        "04_train_small_cnn",
        "05_train_inceptionv3",
        "06_train_resnet50",
        "07_average_models",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.stem in QUICK else pytest.mark.slow, id=path.stem)
        for path in NOTEBOOKS
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the notebook client's own libraries
def test_a_notebook_runs_on_simulated_pages(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECG_DATA_DIR", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    told = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))
    assert "simulated" in told or "distinct pages" in told
