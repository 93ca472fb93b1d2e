"""How large the container images are, uncompressed, where buildah has built them on this machine."""

import json
import re
import shutil
import subprocess
from typing import Any

from benchmarks.errors import NotMeasured
from benchmarks.measures.speed import Bench
from benchmarks.results.values import Measurement

NAME = "twelvelead"
STAGES = ("slim", "full")
UNITS = {"B": 1e-6, "kB": 1e-3, "KB": 1e-3, "MB": 1.0, "GB": 1e3}  # megabytes (10^6)
SIZE = re.compile(r"([0-9.]+) ?([kKMG]?B)")


def measure_images(bench: Bench) -> None:
    """image_mb of the images `twelvelead:slim` and `twelvelead:full`."""
    with bench.measurements.noting("image_mb"):
        found = list_images()
        for stage in STAGES:
            size = image_size(found, f"{NAME}:{stage}")
            bench.measurements.add(Measurement(stage, "image_mb", size, 0))


def list_images() -> list[dict[str, Any]]:
    """What buildah says of its images. Raises NotMeasured where there is no buildah."""
    if shutil.which("buildah") is None:
        raise NotMeasured("there is no buildah on this machine")
    command = ["buildah", "images", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"buildah failed: {done.stderr.strip()[-200:]}")
    found: list[dict[str, Any]] = json.loads(done.stdout or "null") or []
    return found


def image_size(images: list[dict[str, Any]], wanted: str) -> float:
    """Megabytes of an image, whatever registry its name begins with. Raises NotMeasured without it."""
    for image in images:
        if any(name.rpartition("/")[2] == wanted for name in image.get("names") or []):
            told = SIZE.fullmatch(str(image["size"]).strip())
            if told is None:
                raise NotMeasured(f"buildah tells the size of {wanted} as {image['size']!r}")
            return float(told[1]) * UNITS[told[2]]
    stage = wanted.partition(":")[2]
    raise NotMeasured(
        f"there is no image {wanted} here; `buildah build --target {stage} -t {wanted} .` makes it"
    )
