"""Exports a trained network to ONNX. Imported only in the process that exports, and ends with it.

Keras models are read by Keras on torch here, never on TensorFlow: the two never share a process, and
torch's exporter needs little memory for large networks.
"""

import os
import warnings
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"  # read when Keras is first imported

import torch
from torch import nn

from model_registry.architectures import ARCHITECTURES
from model_registry.entry import ModelEntry
from twelvelead.inference.compilation.compiled import ACTIVATION, OPSET, OUTPUTS, PAGES
from twelvelead.inference.engines.pytorch_models import read_network

EXPORTER = f"torch {torch.__version__.split('+')[0]}"


def write_onnx(entry: ModelEntry, file: Path) -> str:
    """Writes the network as float32 ONNX with a batch of any size; the exporter's name and version.

    Input "pages" (n, height, width, channels); output "outputs" (n, labels), raw. Where a PyTorch
    head is one linear layer on pooled cells, a second output "activation" (n, labels, rows, columns)
    says what each cell adds to each label's output (class activation mapping, Zhou et al. 2016, on
    the cells that the head reads); with the head's bias it adds up to the output. Raises WeightsError.
    """
    network = _keras(entry) if entry.framework == "keras" else _pytorch(entry)
    names = [OUTPUTS, ACTIVATION] if isinstance(network, WithActivation) else [OUTPUTS]
    blank = torch.zeros(2, *entry.preprocessing.shape)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter's notes on itself
        network(blank)  # a Keras model is built by its first call
        program = torch.onnx.export(
            network.eval(),
            (blank,),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=[PAGES],
            output_names=names,
            dynamic_shapes=({0: torch.export.Dim("pages")},),
        )
    assert program is not None  # noqa: S101 - None comes back without dynamo only
    program.save(file)
    return EXPORTER


class _Keras(nn.Module):
    """A Keras model as a torch module that never trains."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pages: torch.Tensor) -> Any:
        return self.model(pages, training=False)


class _Plain(nn.Module):
    """A PyTorch network that reads (n, height, width, channels)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pages: torch.Tensor) -> Any:
        return self.network(pages.permute(0, 3, 1, 2))


class WithActivation(nn.Module):
    """The trunk up to the pooled cells, and the one linear layer on them, cell by cell too."""

    def __init__(self, trunk: nn.Module, last: nn.Linear, cells: tuple[int, int]) -> None:
        super().__init__()
        self.trunk, self.last, self.cells = trunk, last, cells

    def forward(self, pages: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        flat = self.trunk(pages.permute(0, 3, 1, 2))  # (n, channels * rows * columns)
        rows, columns = self.cells
        labels = self.last.out_features
        weights = self.last.weight.view(1, labels, -1, rows * columns)
        added = (weights * flat.view(flat.shape[0], 1, -1, rows * columns)).sum(2)
        return self.last(flat), added.view(-1, labels, rows, columns)


def _keras(entry: ModelEntry) -> nn.Module:
    from twelvelead.inference.engines.keras_files import read_model

    return _Keras(read_model(entry))


def _pytorch(entry: ModelEntry) -> nn.Module:
    network = read_network(entry)
    if entry.head.hidden != () or entry.head.pooling is None:
        return _Plain(network)
    name = "head" if entry.head.taps else ARCHITECTURES[entry.architecture].classifier
    last = network.get_submodule(name)[0]  # type: ignore[index]
    setattr(network, name, nn.Identity())
    return WithActivation(network, last, entry.head.pooling)
