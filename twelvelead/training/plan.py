"""What a run is asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """Which model, where to read and write. backbone: ImageNet weights; None downloads them.

    work keeps what can be computed again (crops, features, finished folds), so that a run that was
    stopped goes on; models is where `models/<key>` is written. folds: None takes the recipe's own. split:
    a file in place of the usual split, of `datasets.splits.write_split` for pages, of
    `training.beats.read_record_split` for beats. despite_leaks: why to go on although test and train
    share a page or a patient. with_twin: of beats, whether to fit the random split that others report.
    """

    key: str
    data: Path
    models: Path
    work: Path
    backbone: Path | None = None
    folds: int | None = None
    split: Path | None = None
    despite_leaks: str = ""
    with_twin: bool = True
