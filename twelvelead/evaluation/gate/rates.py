"""What the gate says of folders of pictures that do, or do not, show ECGs: counts, shares and intervals."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ecg.errors import PageError
from twelvelead.datasets.pages import DataError
from twelvelead.inference.gate.finding import Finding
from twelvelead.inference.predictor import Predictor

Shown = Literal["ecg", "other"]
Z = 1.959964  # of a two-sided 95 % interval
SUFFIXES = frozenset(
    {".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".pdf", ".png", ".tif", ".tiff", ".webp"}
)


@dataclass
class Rates:
    """Counts over pictures. reasons: how many have each code. wrong: names of pictures to look at.

    accepted: of each model that was asked, how many pictures it gave an accepted class.
    """

    pictures: int = 0
    refused: int = 0
    not_readable: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Rates") -> None:
        """Counts another's pictures too."""
        self.pictures += other.pictures
        self.refused += other.refused
        self.not_readable += other.not_readable
        self.reasons += other.reasons
        self.accepted += other.accepted
        self.wrong += other.wrong

    def as_json(self, models: Sequence[str] = ()) -> dict[str, Any]:
        """Counts, with the share of the readable pictures and its 95 % interval by Wilson."""
        return {
            "pictures": self.pictures,
            "not_readable": self.not_readable,
            "refused": self._share(self.refused),
            "no_ecg": self._share(self.reasons["no_ecg"]),
            "reasons": {code: self._share(count) for code, count in self.reasons.most_common()},
            "accepted": {model: self._share(self.accepted[model]) for model in models},
            "wrong": self.wrong,
        }

    def _share(self, count: int) -> dict[str, Any]:
        readable = self.pictures - self.not_readable
        share = count / readable if readable else None
        return {"count": count, "share": share, "interval": wilson(count, readable)}


@dataclass(frozen=True)
class Folder:
    """Pictures below a folder, all of which show ECGs, or none."""

    path: Path
    shown: Shown

    def files(self) -> list[Path]:
        """Raises DataError where there are no pictures."""
        found = [one for one in self.path.rglob("*") if one.suffix.lower() in SUFFIXES]
        if not found:
            raise DataError(f"{self.path} holds no pictures: name a folder of them.")
        return sorted(found)


def wilson(count: int, of: int) -> list[float] | None:
    """Wilson's 95 % interval of a share (1927); None of nothing."""
    if of == 0:
        return None
    share, room = count / of, Z**2 / of
    half = Z * math.sqrt(share * (1 - share) / of + room / (4 * of))
    low, high = ((share + room / 2 + side * half) / (1 + room) for side in (-1, 1))
    return [max(0.0, low), min(1.0, high)]


def rates(
    predictor: Predictor,
    folders: Iterable[Folder],
    models: Sequence[str] = (),
    told: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Rates of each folder, of all that show ECGs, and of all others.

    models: keys that are asked about each picture too. told: hears of each folder that is done.
    Raises DataError for a folder without pictures, UnknownModel.
    """
    every: dict[Shown, Rates] = {"ecg": Rates(), "other": Rates()}
    rows = []
    for folder in folders:
        found = Rates()
        for file in folder.files():
            found.add(_of_picture(predictor, file, folder.shown, models))
        every[folder.shown].add(found)
        rows.append({"folder": str(folder.path), "shown": folder.shown} | found.as_json(models))
        told(str(folder.path))
    whole = {shown: found.as_json(models) for shown, found in every.items() if found.pictures}
    return {"folders": rows} | whole


def _of_picture(predictor: Predictor, file: Path, shown: Shown, models: Sequence[str]) -> Rates:
    found = Rates(pictures=1)
    try:
        data = file.read_bytes()
        _, finding = predictor.examine(data)
        if models:
            answers = predictor.predict(data, models).predictions
            found.accepted.update(one.model for one in answers if one.decision == "accepted")
    except (PageError, OSError):
        found.not_readable = 1
        return found
    found.refused = int(bool(finding.refusals))
    found.reasons.update(one.code for one in (*finding.refusals, *finding.doubts))
    if _is_wrong(finding, shown) or (shown == "other" and found.accepted):
        found.wrong.append(str(file))
    return found


def _is_wrong(finding: Finding, shown: Shown) -> bool:
    """Whether an ECG was taken for none, or anything else was let through."""
    codes = {one.code for one in finding.refusals}
    return "no_ecg" in codes if shown == "ecg" else not codes
