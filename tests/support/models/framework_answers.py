"""Answers straight from the training code, in a process of its own.

python -m tests.support.models.framework_answers KEY MODEL_FOLDER FILE..
prints one list of probabilities a file.
"""

import json
import sys
from pathlib import Path

import numpy as np

from ecg.page.page import read_page
from model_registry.read_entry import read_entry
from twelvelead.evaluation.metrics import softmax
from twelvelead.training.recipe import PageRecipe, find_recipe


def main(key: str, folder: Path, files: list[Path]) -> None:
    recipe = find_recipe(key)
    assert isinstance(recipe, PageRecipe)
    entry = read_entry(folder / "model.toml")
    network = recipe.load(entry.weights.path)
    tensors = np.stack([recipe.preprocessing(read_page(file.read_bytes())) for file in files])
    answers = softmax(network.logits(tensors) / entry.temperature)
    print(json.dumps([dict(zip(recipe.labels, row.tolist(), strict=True)) for row in answers]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
