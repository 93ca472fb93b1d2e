"""Ensembles written for tests: a `model.toml` beside models that others wrote."""

from pathlib import Path
from typing import NamedTuple

LABELS = ("normal", "abnormal_heartbeat", "myocardial_infarction", "history_of_mi")


class Said(NamedTuple):
    """What an ensemble's entry says; `more` stands in its table, `end` at its end, `top` at its top."""

    members: tuple[str, ...] = ("one", "two")
    labels: tuple[str, ...] = LABELS
    more: str = ""
    end: str = ""
    top: str = ""


SAID = Said()


def make_ensemble(folder: Path, key: str = "both", said: Said = SAID) -> Path:
    """Writes folder/<key>; that folder."""
    home = Path(folder, key)
    home.mkdir(parents=True)
    text = f"""\
title = "Averaged"
task = "cardiac-page-4"
framework = "ensemble"
labels = {_listed(said.labels)}
{said.top}
[ensemble]
members = {_listed(said.members)}
{said.more}
{said.end}
"""
    (home / "model.toml").write_text(text, encoding="utf-8")
    return home


def _listed(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"
