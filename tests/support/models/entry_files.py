"""Entries written for tests: a complete `model.toml` beside a weight file that nobody loads."""

import hashlib
from pathlib import Path

from PIL import Image

WEIGHTS = b"not really weights"
LABELS = ("normal", "history_of_mi", "abnormal_heartbeat", "myocardial_infarction")

PYTORCH = f"""\
title = "A model"
task = "cardiac-page-4"
framework = "pytorch"
architecture = "vgg16"
labels = ["normal", "history_of_mi", "abnormal_heartbeat", "myocardial_infarction"]
output = "logits"
head = [512]
pooling = [1, 1]
dropout = 0.3

[weights]
file = "weights.safetensors"
sha256 = "{hashlib.sha256(WEIGHTS).hexdigest()}"

[preprocessing]
size = [224, 320]
colour = "grey"
channels = 3
scale = "imagenet"
steps = ["median", "clahe"]

[calibration]
temperature = 1.5

[decision]
accept_from = 0.6

[example]
image = "example.png"
probabilities = [0.1, 0.2, 0.3, 0.4]
"""

KERAS = f"""\
title = "A model"
task = "cardiac-page-4"
framework = "keras"
labels = ["normal", "history_of_mi", "abnormal_heartbeat", "myocardial_infarction"]
output = "probabilities"

[weights]
file = "weights.keras"
sha256 = "{hashlib.sha256(WEIGHTS).hexdigest()}"

[preprocessing]
size = [64, 96]
colour = "rgb"
scale = "rescale"
"""


def write_entry(folder: Path, text: str = PYTORCH, key: str = "a_model") -> Path:
    """Writes folder/<key> with `text` as its model.toml, weights and an example; the model.toml."""
    home = Path(folder, key)
    home.mkdir(parents=True)
    for name in ("weights.safetensors", "weights.keras"):
        Path(home, name).write_bytes(WEIGHTS)
    Image.new("L", (200, 140), "white").save(home / "example.png")
    file = Path(home, "model.toml")
    file.write_text(text, encoding="utf-8")
    return file


def changed(text: str, old: str, new: str) -> str:
    """`text` with its one `old` replaced."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
