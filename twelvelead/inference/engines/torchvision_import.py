"""Imports torchvision, also beside a torch build that its compiled part was not made for.

torchvision's networks are plain torch; its compiled operators serve detection models only. Where that
part can't be loaded (a CUDA build beside a CPU torch), the import fails for operators that nobody here
calls, so they are declared by name first.
"""

import sys
from types import ModuleType

import torch

BOXES = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
OPERATORS = (f"nms{BOXES}", f"qnms{BOXES}")


def _import() -> ModuleType:
    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for operator in OPERATORS:
            _LIBRARY.define(operator)
        import torchvision
    module: ModuleType = torchvision
    return module


_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")  # kept: its end would undo the names
torchvision = _import()
