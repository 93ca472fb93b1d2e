"""PyTorch models: torchvision's networks under the heads that entries describe. Imported in a worker only."""

import io
import pickle
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from torch import nn

from model_registry.architectures import ARCHITECTURES, Architecture
from model_registry.entry import Head, ModelEntry
from model_registry.errors import WeightsError, named
from twelvelead.inference.engines.tapped import Tapped
from twelvelead.inference.engines.torchvision_import import torchvision
from twelvelead.inference.engines.weights import read_weights

Batch = npt.NDArray[np.float32]
State = dict[str, torch.Tensor]

RUNTIME = f"torch {torch.__version__.split('+')[0]}"
CONVERT = (
    "save its state alone instead: torch.save(model.state_dict(), 'weights.pth'), "
    "or safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')"
)
WRAPPERS = ("state_dict", "model_state_dict", "model")  # what training scripts nest a state in
PREFIXES = ("_orig_mod.", "module.", "_orig_mod.")  # DataParallel, torch.compile
FORMATS = (b"PK", b"\x80")  # what torch.save writes: an archive, before torch 1.6 a pickle
UNUSED = ("AuxLogits.",)  # InceptionV3's second head, used in training only


def limit_threads(count: int) -> None:
    """Computes with `count` threads."""
    torch.set_num_threads(count)


def load(entry: ModelEntry) -> Callable[[Batch], Batch]:
    """A function from float32 (n, height, width, channels) to the raw outputs, float32 (n, labels).

    Raises WeightsError where the file is altered, pickled or made for another network.
    """
    network = read_network(entry)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(batch: Batch) -> Batch:
        pixels = torch.from_numpy(batch).permute(0, 3, 1, 2)
        with torch.inference_mode():
            return np.asarray(network(pixels).float().numpy())

    return run


def read_network(entry: ModelEntry) -> nn.Module:
    """The network of an entry with its weights, in evaluation mode. Raises WeightsError as `load`."""
    with torch.device("meta"):  # else random numbers are drawn first, a hundred million for VGG16
        network = build(entry.architecture, entry.head, len(entry.labels))
    network.to_empty(device="cpu")
    _fill(network, _read_state(entry), entry)
    return network.eval()


def build(architecture: str, head: Head, outputs: int) -> nn.Module:
    """A torchvision network without weights, its classifier replaced as `head` says."""
    facts = ARCHITECTURES[architecture]
    options: dict[str, Any] = {"weights": None}
    if architecture == "inception_v3":
        options |= {"aux_logits": False, "init_weights": False}
    network: nn.Module = getattr(torchvision.models, facts.builder)(**options)
    if head.taps:
        return Tapped(network, facts, head, outputs)
    if head.pooling is not None:
        network.avgpool = nn.AdaptiveAvgPool2d(head.pooling)
    setattr(network, facts.classifier, _classifier(network, facts, head, outputs))
    return network


def _classifier(network: nn.Module, facts: Architecture, head: Head, outputs: int) -> nn.Module:
    cells = head.pooling
    features = facts.features if cells is None else facts.channels * cells[0] * cells[1]
    if head.hidden is None:
        stock: nn.Module = getattr(network, facts.classifier)
        if isinstance(stock, nn.Linear):
            return nn.Linear(features, outputs)
        last: nn.Linear = stock[-1]  # type: ignore[index]
        return nn.Sequential(*list(stock)[:-1], nn.Linear(last.in_features, outputs))  # type: ignore[call-overload]
    layers: list[nn.Module] = []
    for width in head.hidden:
        layers += [nn.Linear(features, width), nn.ReLU(), nn.Dropout(head.dropout)]
        features = width
    return nn.Sequential(*layers, nn.Linear(features, outputs))


def _read_state(entry: ModelEntry) -> State:
    """Tensor by name, in float32. Raises WeightsError for whole pickled models and damaged files."""
    path, data = entry.weights.path, read_weights(entry.weights)
    try:
        if path.suffix == ".safetensors":
            state: Any = safetensors.torch.load(data)
        elif not data.startswith(FORMATS):
            raise ValueError("neither an archive nor a pickle")
        else:
            state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{named(path)} holds pickled objects, which could run code, so it is not loaded; {CONVERT}."
        ) from error
    except (safetensors.SafetensorError, RuntimeError, EOFError, ValueError) as error:
        raise WeightsError(f"{named(path)} is damaged or in another format; {CONVERT}.") from error
    for wrapper in WRAPPERS:
        if isinstance(state, Mapping) and isinstance(state.get(wrapper), Mapping):
            state = state[wrapper]
    if not isinstance(state, Mapping) or not all(
        isinstance(name, str) and torch.is_tensor(value) for name, value in state.items()
    ):
        raise WeightsError(f"{named(path)} holds no state (tensor by name); {CONVERT}.")
    return {_plain(name): tensor.float() for name, tensor in state.items()}


def _plain(name: str) -> str:
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _fill(network: nn.Module, state: State, entry: ModelEntry) -> None:
    """Puts the state into the network: the trunk by name, the head's linear layers by their order.

    Where a head's layers stand (with dropout before, after or without) differs between training
    scripts and changes no answer, so their numbering is not held against a checkpoint.
    """
    classifier = "head" if entry.head.taps else ARCHITECTURES[entry.architecture].classifier
    trunk = {n: t for n, t in state.items() if not n.startswith((f"{classifier}.", *UNUSED))}
    theirs = sorted((n for n in state if n.startswith(f"{classifier}.")), key=_by_number)
    ours = [n for n, _ in network.named_parameters() if n.startswith(f"{classifier}.")]
    if len(theirs) != len(ours):
        raise _misfit(entry, f"its head has {len(theirs)} tensors, the entry describes {len(ours)}")
    renamed = {mine: state[name] for mine, name in zip(ours, theirs, strict=True)}
    try:
        network.load_state_dict(trunk | renamed)
    except RuntimeError as error:
        reasons = [line.strip() for line in str(error).splitlines()[1:3]]
        raise _misfit(entry, "; ".join(reason[:200] for reason in reasons)) from error


def _by_number(name: str) -> tuple[list[int], bool]:
    """classifier.2.weight before classifier.2.bias before classifier.10.weight."""
    return [int(digits) for digits in re.findall(r"\d+", name)], name.endswith("bias")


def _misfit(entry: ModelEntry, reason: str) -> WeightsError:
    return WeightsError(
        f"{named(entry.weights.path)} was not made for '{entry.architecture}' with "
        f"{len(entry.labels)} labels and this head: {reason}. Correct 'architecture', 'head', "
        "'pooling' or 'labels' in model.toml."
    )
