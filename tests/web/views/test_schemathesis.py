"""The API as its own description has it: schemathesis makes requests from that, right and wrong ones."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.models.beat_models import PICTURE_FACTS, make_fake_beat_model
from tests.support.models.fake_framework import make_fake_model
from tests.support.project import ROOT
from tests.support.signals.signal_fakes import DRAWN, MODEL, PAGES
from tests.support.web.web_fakes import FAKE, served

EXAMPLES = 150  # of each address, beside those that cover its description
PHASES = "examples,coverage,fuzzing,stateful"
# what is in a file no description can tell, so one that was made up may be refused as what it is; and
# a form of too many fields is too large
CONFIG = """\
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 404, 415, 422]
[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 413, 415, 422]
"""


@pytest.mark.slow
def test_every_answer_is_as_described(tmp_path: Path) -> None:
    models, config = tmp_path / "models", tmp_path / "schemathesis.toml"
    make_fake_model(models, PAGES)
    make_fake_beat_model(models, MODEL)
    make_fake_beat_model(models, DRAWN, PICTURE_FACTS)
    config.write_text(CONFIG, encoding="utf-8")
    with served(models, FAKE, log="off") as server:
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("schemathesis")), f"--config-file={config}"),
                *("run", f"{server.address}/openapi.json", "--checks=all", f"--phases={PHASES}"),
                *(f"--max-examples={EXAMPLES}", "--seed=1", "--no-color"),
            ],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    found = re.search(r"(\d+) generated, \1 passed", done.stdout)
    assert found is not None, done.stdout[-2000:]
    assert int(found[1]) > 1000
