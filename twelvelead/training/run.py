"""Trains one model as it ships: held out by patient first, then fitted on all that may be trained on.

Pages are cross-validated. Of beats some records are trained on, as DS1 of de Chazal, others tested, as DS2:
folds inside the former, or records kept aside, give temperature and threshold, and what is tested is what
ships. A twin on a random half of the beats shows what others report.
"""

from datetime import UTC, datetime
from typing import Any

from model_registry.registry import read_registry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.training.fits import Fits, TrainingData
from twelvelead.training.pages import PageData
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import Network, Note, PageRecipe, Recipe, find_recipe
from twelvelead.training.shipping.card import write_card
from twelvelead.training.shipping.commit import read_commit
from twelvelead.training.shipping.ship import read_metrics, ship, write_metrics


def train(plan: Plan, say: Note = print, recipe: Recipe | None = None) -> dict[str, Any]:
    """Holds out, fits on all, writes `models/<key>`; the figures, as in metrics.json.

    recipe: None takes the key's own. Raises DataError for a key without a recipe, for data that can't be
    split by patient, and for options that don't go with this recipe.
    """
    recipe = recipe or find_recipe(plan.key)
    if plan.backbone is not None and not recipe.TAKES_BACKBONE:
        raise DataError(
            f"'{plan.key}' begins with random numbers and reads no weights of another network: leave "
            "--backbone out."
        )
    work = plan.work / plan.key
    work.mkdir(parents=True, exist_ok=True)
    data = read_data(plan, recipe)
    say(data.describe())
    leaks = data.check_leaks()
    fits = Fits(data, work, data.prepare(), say)
    network, inside = fits.final()
    calibration = calibrate(inside)
    temperature = calibration["temperature"]
    metrics = data.evidence(fits, network, inside, temperature) | {"calibration": calibration}
    metrics["cross_validation"] |= leaks
    metrics |= _facts(recipe, network)
    folder = ship(plan.models / plan.key, data, network, metrics)
    metrics = read_metrics(folder) | data.finish(folder, inside, temperature)
    write_metrics(folder, metrics)
    write_card(read_registry(plan.models)[plan.key], recipe.words)
    return metrics


def read_data(plan: Plan, recipe: Recipe) -> TrainingData[Any]:
    """The pages or the records that a recipe reads. Raises DataError."""
    if isinstance(recipe, PageRecipe):
        return PageData.read(plan, recipe)
    from twelvelead.training.beat_recipe import BeatRecipe
    from twelvelead.training.beats import BeatData

    assert isinstance(recipe, BeatRecipe)  # noqa: S101 - there is no third kind
    return BeatData.read(plan, recipe)


def _facts(recipe: Recipe, network: Network) -> dict[str, Any]:
    return {
        "commit": read_commit(),
        "parameters": network.parameters(),
        "origin": recipe.origin,
        "recipe": recipe.knobs(),
        "date": datetime.now(UTC).date().isoformat(),
    }
