"""The PyTorch architectures that an entry may name, as facts; `inference` builds them from these.

The facts are torchvision's: where each network keeps its classifier, how many features reach it after
its own pooling, how many channels its last convolution has, and the smallest picture that it takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Architecture:
    """One torchvision network: `builder` is its name there, `classifier` the attribute to replace."""

    builder: str
    classifier: str
    features: int  # what the classifier reads after the network's own pooling
    channels: int  # channels of the last feature map
    pools: bool  # whether its pooling is a module, which an entry may replace
    min_side: int  # px
    trunk: str  # the attribute that holds its layers in a row; "" for the network itself
    taps: tuple[str, ...]  # the layers of the trunk after which an entry may read features


_INCEPTION = ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
_RESNET = ("layer1", "layer2", "layer3", "layer4")

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "mobilenet_v2": Architecture(
            *("mobilenet_v2", "classifier", 1280, 1280, False, 32),
            trunk="features",
            taps=tuple(str(block) for block in range(19)),
        ),
        "inception_v3": Architecture(
            *("inception_v3", "fc", 2048, 2048, False, 75),
            trunk="",
            taps=tuple(f"Mixed_{block}" for block in _INCEPTION),
        ),
        "vgg16": Architecture(
            *("vgg16", "classifier", 25088, 512, True, 32),
            trunk="features",
            taps=("4", "9", "16", "23", "30"),  # after the pooling of each block
        ),
        "vgg19": Architecture(
            *("vgg19", "classifier", 25088, 512, True, 32),
            trunk="features",
            taps=("4", "9", "18", "27", "36"),
        ),
        "resnet50": Architecture(*("resnet50", "fc", 2048, 2048, True, 32), trunk="", taps=_RESNET),
    }
)
