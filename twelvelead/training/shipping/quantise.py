"""Compiled models in 8 bits: calibrated on drawn pages, kept only where labels stay on labelled pages.

Static quantisation to int8 weights and uint8 activations, each channel of a weight scaled by itself
(Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", CVPR), by ONNX Runtime. Worth it on processors with 8-bit dot products only.
"""

import dataclasses
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from ecg.errors import PageError
from ecg.page.page import Page, read_page
from model_registry.entry import ModelEntry
from twelvelead.datasets.pages import DataError, list_pages
from twelvelead.inference.compilation.compile import compare, put
from twelvelead.inference.compilation.compiled import NAME, PAGES, Compiled, hold_onnx
from twelvelead.inference.engines.onnx_models import open_session, run_session

AGREEMENT = 0.99  # of the labels
INT8 = "int8"


def quantise(
    entry: ModelEntry, record: Compiled, drawn: Sequence[Page], data: Path
) -> tuple[Compiled, str]:
    """Puts an int8 form in the place of the float32 one where labels agree on 99 % of `data`.

    data: labelled pages in class folders; the labels themselves are not looked at. Gives the record of
    what is kept, and a sentence. Raises DataError for a folder without readable pages.
    """
    pages = _Pages(data, entry.labels)
    with tempfile.TemporaryDirectory() as folder:
        file = _quantised(entry, drawn, Path(folder))
        floats, ints = open_session(hold_onnx(entry), entry), open_session(file, entry)
        made = file.read_bytes()
        found = compare(
            dataclasses.replace(entry, example=None),
            pages,
            lambda batch: run_session(floats, batch),
            lambda batch: run_session(ints, batch),
        )
    if not found.pages:
        raise DataError(f"No page under {data} could be read.")
    share = 1 - found.other_labels / found.pages
    told = f"int8 gives the same label on {share:.1%} of {found.pages} pages"
    if share < AGREEMENT:
        return record, f"{told}, {AGREEMENT:.0%} are needed: float32 was kept"
    part = entry.folder / f"{NAME}.part"
    part.write_bytes(made)
    kept = dataclasses.replace(
        record,
        sha256=hashlib.sha256(made).hexdigest(),
        pages=found.pages,
        max_difference=found.max_difference,
        precision=INT8,
    )
    put(entry.folder, part, kept)
    return kept, told


class _Pages:
    """The readable pages of a folder, read when they are needed."""

    def __init__(self, folder: Path, labels: tuple[str, ...]) -> None:
        self.pictures, _ = list_pages(folder, labels)

    def __iter__(self) -> Iterator[Page]:
        for picture in self.pictures:
            try:
                yield read_page(picture.path.read_bytes())
            except PageError:
                continue


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Tensors of pages, one after the other, as ONNX Runtime's calibration asks for them."""

    def __init__(self, tensors: Iterator[npt.NDArray[np.float32]]) -> None:
        self.tensors = tensors

    def get_next(self) -> dict[str, Any] | None:
        tensor = next(self.tensors, None)
        return None if tensor is None else {PAGES: tensor[np.newaxis]}


def _quantised(entry: ModelEntry, drawn: Sequence[Page], folder: Path) -> Path:
    plain, ready, made = (str(folder / f"{step}.onnx") for step in ("plain", "ready", "made"))
    shutil.copy(hold_onnx(entry), plain)
    quant_pre_process(plain, ready, skip_symbolic_shape=True)
    quantize_static(
        ready,
        made,
        _Calibration(entry.picture(page) for page in drawn),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
    )
    return Path(made)
