"""BentoML with the compiled model: a service class, one worker a core, a picture as a file.

Set up as https://docs.bentoml.com says: @bentoml.service, @bentoml.api, a Path for an uploaded file.
"""

import os
from pathlib import Path
from typing import Any

import bentoml

from benchmarks.measures.classify import Classifier


@bentoml.service(workers=int(os.environ["BENCH_WORKERS"]))
class PageService:
    """Bytes of a page in, its label out."""

    def __init__(self) -> None:
        self.classifier = Classifier(Path(os.environ["BENCH_MODEL"]))

    @bentoml.api  # type: ignore[untyped-decorator]  # BentoML is not installed where types are checked
    def classify(self, file: Path) -> dict[str, Any]:
        """Decode, prepare, run."""
        return dict(self.classifier.answer(file.read_bytes()))
