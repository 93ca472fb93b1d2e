"""One recipe on a tiny simulated set, in a process of its own.

python -m tests.support.training.trial_run KEY FOLDER

FOLDER/data are its pages.
"""

import sys
from pathlib import Path

from twelvelead.training.plan import Plan
from twelvelead.training.recipe import PageRecipe, find_recipe
from twelvelead.training.run import train
from twelvelead.training.studies.trial import quicken

FOLDS = 2


def main(key: str, folder: Path) -> None:
    recipe = find_recipe(key)
    assert isinstance(recipe, PageRecipe)
    quick = quicken(recipe)
    plan = Plan(
        key, folder / "data", folder / "models", folder / "runs", quick.untrained(folder), FOLDS
    )
    train(plan, recipe=quick)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
