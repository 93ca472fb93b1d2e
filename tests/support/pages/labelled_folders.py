"""Folders of drawn labelled pages for tests: one folder a class, small pages, nobody's heart."""

import csv
from pathlib import Path

from tests.support.pages.drawn_pages import draw_page, encode

LABELS = ("normal", "abnormal_heartbeat", "myocardial_infarction", "history_of_mi")
SIZE = (640, 448)


def draw_folder(root: Path, per_class: int = 2) -> Path:
    """`per_class` different pages in each of the four class folders; the root."""
    for place, label in enumerate(LABELS):
        (root / label).mkdir(parents=True)
        for number in range(per_class):
            page = draw_page(SIZE, seed=100 * place + number)
            (root / label / f"{number}.png").write_bytes(encode(page))
    return root


def write_manifest(root: Path, patients: dict[str, str]) -> None:
    """`manifest.csv` with the patient of each file."""
    with (root / "manifest.csv").open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["file", "printed_id"])
        writer.writerows(patients.items())
