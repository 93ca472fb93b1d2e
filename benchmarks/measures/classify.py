"""One page through one compiled model, with the code that serves: the bare loop and the peers run this."""

from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from ecg.page.page import read_page
from model_registry.read_entry import read_entry
from twelvelead.inference.compilation.compiled import hold_onnx
from twelvelead.inference.engines.onnx_models import open_session, run_session
from twelvelead.inference.prediction import to_probabilities

Batch = npt.NDArray[np.float32]


class PeerAnswer(TypedDict):
    """What every system that is measured answers."""

    label: str
    probabilities: dict[str, float]


class Classifier:
    """A compiled model in this process. folder: its entry's; threads: compute threads of a run.

    Raises EntryError or WeightsError where the entry or its compiled form can't be used.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.entry = read_entry(folder / "model.toml")
        self._session = open_session(hold_onnx(self.entry), self.entry, threads)

    def answer(self, data: bytes) -> PeerAnswer:
        """The label of a picture's bytes, and all probabilities by label. Raises PageError."""
        tensor = self.entry.picture(read_page(data))
        shares = to_probabilities(self.run(tensor[np.newaxis])[0], self.entry)
        labels = self.entry.labels
        told = dict(zip(labels, map(float, shares), strict=True))
        return {"label": labels[int(shares.argmax())], "probabilities": told}

    def run(self, batch: Batch) -> Batch:
        """Raw outputs, float32 (n, labels), for float32 (n, height, width, channels)."""
        return run_session(self._session, batch)
