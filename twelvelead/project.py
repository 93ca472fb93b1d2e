"""Where the project's own files lie: beside the packages in a checkout, inside this one when installed."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent  # of use only where `is_checkout`


def _shipped(name: str) -> Path:
    """A folder that a wheel brings inside the package, and a checkout has beside it."""
    inside = HERE / name
    return inside if inside.is_dir() else CHECKOUT / name


TEMPLATES = _shipped("templates")
STATIC = _shipped("static")
SAMPLES = STATIC / "samples"
is_checkout = (CHECKOUT / "pyproject.toml").is_file()
MODELS = (
    CHECKOUT / "models" if is_checkout else Path("models")
)  # of an installed one: where it is run
