"""What models are: one folder of data each, read and checked. Runs nothing, imports no framework."""

from typing import Literal

Runtime = Literal["auto", "onnx", "native"]  # how a model may be served: see `ModelEntry`
