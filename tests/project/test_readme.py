"""The README says what the code and the measurements say."""

from pathlib import Path

from scripts.readme import README, filled
from tests.support.project import ROOT


def test_its_tables_are_those_of_today() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == filled(text, ROOT / "models"), "run python -m scripts.readme"


def test_the_figures_stand_in_it() -> None:
    assert "| [`vgg16`]" in README.read_text(encoding="utf-8")


def test_every_file_it_links_to_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    names = [part.split(")")[0] for part in text.split("](")[1:]]
    assert [name for name in names if "://" not in name and not Path(ROOT, name).is_file()] == []
