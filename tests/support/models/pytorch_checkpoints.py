"""Checkpoints as people's scripts leave them, made with torchvision alone: `python -m` this, FOLDER.

Each goes into FOLDER/<key> with its entry and, where it is good, `answers.npy`: what the network itself
says of `batch(size)`.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn

from tests.support.models.tiny_models import PYTORCH_LABELS, Facts, write_entry
from twelvelead.inference.engines.backend import BACKENDS
from twelvelead.inference.engines.torchvision_import import torchvision

SIZE = (32, 64)
FACTS = Facts("pytorch", PYTORCH_LABELS, SIZE, "logits", 3)
HEAD = "head = []"
State = dict[str, torch.Tensor]
WAYS: dict[str, Callable[[State], Any]] = {  # of saving one state in a .pth
    "plain": lambda state: state,
    "state_dict": lambda state: {"state_dict": state, "epoch": 3},
    "model_state_dict": lambda state: {"model_state_dict": state, "optimizer": {"lr": 0.1}},
    "model": lambda state: {"model": state},
    "data_parallel": lambda state: {f"module.{name}": value for name, value in state.items()},
    "compiled": lambda state: {f"_orig_mod.{name}": value for name, value in state.items()},
    "compiled_parallel": lambda state: {f"_orig_mod.module.{n}": v for n, v in state.items()},
    "half": lambda state: {name: value.half() for name, value in state.items()},
}


def batch(size: tuple[int, int]) -> np.ndarray:
    """Two pictures, float32 (2, height, width, 3)."""
    return np.random.default_rng(3).normal(size=(2, *size, 3)).astype(np.float32)


def network(name: str, **options: Any) -> nn.Module:
    """A torchvision network with random weights and batch norms that suit them."""
    torch.manual_seed(5)
    made: nn.Module = getattr(torchvision.models, name)(weights=None, **options)
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    return made


def settle(made: nn.Module, size: tuple[int, int]) -> None:
    """Runs once in training, which sets the batch norms; weights rounded to half precision."""
    made(torch.randn(4, 3, *size))
    made.half().float().eval()


def entry(home: Path, architecture: str, head: str = "", facts: Facts = FACTS) -> None:
    write_entry(home, facts._replace(more=f'architecture = "{architecture}"\n{head}\n'))


def keep(home: Path, made: nn.Module, size: tuple[int, int] = SIZE) -> None:
    """The network's own answers, and its state as half-precision safetensors."""
    home.mkdir()
    pixels = torch.from_numpy(batch(size)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        np.save(home / "answers.npy", made(pixels).numpy())
    state = {name: value.half() for name, value in made.state_dict().items()}
    safetensors.torch.save_file(state, home / "weights.safetensors")


def write_mobilenets(folder: Path) -> None:
    made = network("mobilenet_v2", num_classes=4)
    settle(made, SIZE)
    keep(folder / "stock", made)
    entry(folder / "stock", "mobilenet_v2")
    answers = (folder / "stock" / "answers.npy").read_bytes()
    for way, wrap in WAYS.items():
        home = folder / way
        home.mkdir()
        torch.save(wrap(made.state_dict()), home / "weights.pth")
        (home / "answers.npy").write_bytes(answers)
        entry(home, "mobilenet_v2", HEAD)
    write_faulty(folder, made)


def write_faulty(folder: Path, made: nn.Module) -> None:
    """Files that must be refused, each under the name of its fault."""
    safe = (folder / "stock" / "weights.safetensors").read_bytes()
    pth = (folder / "plain" / "weights.pth").read_bytes()
    damaged = {
        "cut_safetensors": ("weights.safetensors", safe[:-1000]),
        "cut_pth": ("weights.pth", pth[: len(pth) // 2]),
        "html_pth": ("weights.pth", b"<!doctype html><title>404</title>"),
        "html_safetensors": ("weights.safetensors", b"<!doctype html><title>404</title>"),
        "empty_pth": ("weights.pth", b""),
    }
    for key, (name, data) in damaged.items():
        (folder / key).mkdir()
        (folder / key / name).write_bytes(data)
        entry(folder / key, "mobilenet_v2", HEAD)
    pickled: dict[str, Any] = {"whole_model": made, "list": [1, 2], "numbered": {0: torch.ones(1)}}
    for key, value in pickled.items():
        (folder / key).mkdir()
        torch.save(value, folder / key / "weights.pth")
        entry(folder / key, "mobilenet_v2", HEAD)
    wrong = {
        "another_head": ("mobilenet_v2", "head = [8]", FACTS),
        "three_labels": ("mobilenet_v2", HEAD, FACTS._replace(labels=PYTORCH_LABELS[:3])),
        "another_network": ("resnet50", HEAD, FACTS),
    }
    for key, described in wrong.items():
        (folder / key).mkdir()
        (folder / key / "weights.safetensors").write_bytes(safe)
        entry(folder / key, *described)


def write_heads(folder: Path) -> None:
    """Heads as scripts build them: other places for dropout, eleven layers, hidden layers."""
    heads = {
        "dropout_first": nn.Sequential(
            nn.Dropout(0.2), nn.Linear(1280, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 4)
        ),
        "no_dropout": nn.Sequential(nn.Linear(1280, 16), nn.ReLU(), nn.Linear(16, 4)),
        "four_of_a_width": nn.Sequential(
            nn.Linear(1280, 16),
            *[nn.Sequential(nn.ReLU(), nn.Identity(), nn.Linear(16, 16)) for _ in range(3)],
            nn.Sequential(*[nn.Identity() for _ in range(10)], nn.ReLU(), nn.Linear(16, 4)),
        ),
        "bare_linear": nn.Linear(1280, 4),
    }
    widths = {"four_of_a_width": "[16, 16, 16, 16]", "bare_linear": "[]"}
    made = network("mobilenet_v2")
    settle(made, SIZE)
    for key, head in heads.items():
        made.classifier = head
        made.half().float().eval()
        keep(folder / key, made)
        entry(folder / key, "mobilenet_v2", f"head = {widths.get(key, '[16]')}")


def write_networks(folder: Path) -> None:
    resnet = network("resnet50", num_classes=4)
    settle(resnet, SIZE)
    keep(folder / "resnet50_stock", resnet)
    entry(folder / "resnet50_stock", "resnet50")
    resnet.avgpool, resnet.fc = nn.AdaptiveAvgPool2d((1, 2)), nn.Linear(4096, 4).half().float()
    keep(folder / "resnet50_pooled", resnet)
    entry(folder / "resnet50_pooled", "resnet50", f"{HEAD}\npooling = [1, 2]")
    del resnet
    inception = network("inception_v3", num_classes=4, init_weights=False)
    settle(inception, (299, 299))
    keep(folder / "inception_v3_stock", inception, (80, 96))
    entry(folder / "inception_v3_stock", "inception_v3", facts=FACTS._replace(size=(80, 96)))
    del inception
    for name in ("vgg16", "vgg19"):
        with torch.device("meta"):
            vgg = getattr(torchvision.models, name)(weights=None)
        torch.manual_seed(5)
        vgg.avgpool, vgg.classifier = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(512, 4)
        vgg.features.to_empty(device="cpu")
        for convolution in vgg.features:
            if isinstance(convolution, nn.Conv2d):
                nn.init.kaiming_normal_(convolution.weight)
                assert convolution.bias is not None
                nn.init.normal_(convolution.bias, std=0.1)
        vgg.half().float().eval()
        keep(folder / f"{name}_pooled", vgg)
        entry(folder / f"{name}_pooled", name, f"{HEAD}\npooling = [1, 1]")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_mobilenets(Path(sys.argv[1]))
    write_heads(Path(sys.argv[1]))
    write_networks(Path(sys.argv[1]))
    import_module(BACKENDS["pytorch"])
    Path(sys.argv[1], "modules.txt").write_text("\n".join(sys.modules), encoding="utf-8")
