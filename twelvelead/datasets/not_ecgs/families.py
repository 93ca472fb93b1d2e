"""The table of families, and which are for training and which are kept to measure alone."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from twelvelead.datasets.not_ecgs import papers, plots, scenes, traces, writing
from twelvelead.datasets.not_ecgs.ground import Picture, Rng

Part = Literal["train", "test"]
Family = Callable[[Rng], Picture]

SPLIT: Mapping[Part, Mapping[str, Family]] = MappingProxyType(
    {
        "train": {
            **plots.TRAINED,
            "polar": plots.polar,
            "small_multiples": plots.small_multiples,
            "eeg_montage": traces.eeg_montage,
            "eeg_boxed": traces.eeg_boxed,
            "emg": traces.emg_rows,
            "respiration": traces.respiration,
            "seismogram": traces.seismogram,
            "random_rows": traces.random_rows,
            "false_sheet": traces.false_sheet,
            "lone_curve": traces.lone_curve,
            "text_page": writing.text_page,
            "boxed_text": writing.boxed_text,
            "table": writing.table,
            "scribble": writing.scribble,
            "barcode": writing.barcode,
            "screenshot": writing.screenshot,
            "blank": papers.blank,
            "ruled": papers.ruled,
            "squared": papers.squared,
            "empty_grid": papers.empty_grid,
            "empty_frame": papers.empty_frame,
            "head_phantom": scenes.head_phantom,
            "noise": scenes.noise,
            "gradient": scenes.gradient,
            "creature": scenes.creature,
            "shapes": scenes.shapes,
            "city_map": scenes.city_map,
            "photograph": scenes.photograph,
        },
        "test": {
            **plots.MEASURED,
            "surface": plots.surface,
            "three_by_four": plots.three_by_four,
            "eeg_sheet": traces.eeg_sheet,
            "polysomnogram": traces.polysomnogram,
            "pulse_waves": traces.pulse_waves,
            "audio": traces.audio,
            "cardiotocogram": traces.cardiotocogram,
            "oscilloscope": traces.oscilloscope,
            "lie_detector": traces.nervous_lines,
            "newspaper": writing.newspaper,
            "form": writing.form,
            "signature": writing.signature,
            "sheet_music": writing.sheet_music,
            "square_code": writing.square_code,
            "flow_chart": writing.flow_chart,
            "empty_sheet": papers.empty_sheet,
            "nested_frames": papers.nested_frames,
            "log_paper": papers.log_paper,
            "x_ray": scenes.x_ray,
            "colour_chart": scenes.colour_chart,
            "height_lines": scenes.height_lines,
            "fabric": scenes.fabric,
            "comic": scenes.comic,
        },
    }
)
EMPTY = frozenset({"empty_grid", "empty_sheet", "squared", "log_paper"})  # paper, and nothing on it
FAMILIES: Mapping[str, Family] = MappingProxyType({**SPLIT["train"], **SPLIT["test"]})


def draw_not_ecg(rng: Rng, family: str) -> Picture:
    """A picture of `family`, uint8 (h, w, 3) RGB. Raises ValueError for an unknown one."""
    if family not in FAMILIES:
        raise ValueError(f"unknown family {family!r}: the known ones are {', '.join(FAMILIES)}")
    return FAMILIES[family](rng)
