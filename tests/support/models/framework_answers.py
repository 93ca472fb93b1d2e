"""Answers straight from the training code, in a process of its own.

python -m tests.support.models.framework_answers MODELS KEY,KEY.. FILE..
prints, as JSON, for each key a list with the probabilities for each file. All of one framework.
"""

import json
import sys
from pathlib import Path

import numpy as np

from ecg.page.page import Page, read_page
from model_registry.read_entry import read_entry
from twelvelead.evaluation.metrics import softmax
from twelvelead.training.recipe import PageRecipe, find_recipe


def main(models: Path, keys: list[str], files: list[Path]) -> None:
    pages = [read_page(file.read_bytes()) for file in files]
    print(json.dumps({key: answers(models, key, pages) for key in keys}))


def answers(models: Path, key: str, pages: list[Page]) -> list[dict[str, float]]:
    recipe = find_recipe(key)
    assert isinstance(recipe, PageRecipe)
    entry = read_entry(models / key / "model.toml")
    network = recipe.load(entry.weights.path)
    tensors = np.stack([recipe.preprocessing(page) for page in pages])
    shares = softmax(network.logits(tensors) / entry.temperature)
    return [dict(zip(recipe.labels, row.tolist(), strict=True)) for row in shares]


if __name__ == "__main__":
    folder, wanted, *names = sys.argv[1:]
    main(Path(folder), wanted.split(","), [Path(name) for name in names])
