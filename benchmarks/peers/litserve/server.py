"""LitServe with the compiled model: a LitAPI, one worker a core, a picture as an uploaded file.

Set up as https://lightning.ai/docs/litserve says: setup, decode_request, predict, encode_response.
"""

import os
from pathlib import Path
from typing import Any

import litserve
from fastapi import Request

from benchmarks.measures.classify import Classifier


class PageAPI(litserve.LitAPI):  # type: ignore[misc]  # LitServe is not installed where types are checked
    """Bytes of a page in, its label out."""

    def setup(self, device: str) -> None:
        """Loads the model, once in each worker."""
        del device
        self.classifier = Classifier(Path(os.environ["BENCH_MODEL"]))

    def decode_request(self, request: Request) -> bytes:
        """The uploaded file of a form, which LitServe gives as a dictionary of its fields."""
        data: bytes = request["file"].file.read()
        return data

    def predict(self, x: bytes) -> dict[str, Any]:
        """Decode, prepare, run."""
        return dict(self.classifier.answer(x))

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """A dictionary, which LitServe sends as JSON."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(
        PageAPI(), accelerator="cpu", workers_per_device=int(os.environ["BENCH_WORKERS"])
    )
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), generate_client_file=False)
