"""The picture beside the table: throughput, latency, memory and start of each system; growth below."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.results.plan import CLIENTS
from benchmarks.results.values import Measurements
from benchmarks.setups.systems import BARE, BENTOML, FLASK, LITSERVE, MLSERVER, TWELVELEAD

ORDER = (TWELVELEAD, BARE, LITSERVE, BENTOML, MLSERVER, FLASK)  # from top to bottom
OURS, OTHERS, LINE = "#b3193a", "#8a93a3", "#3d4654"
PANELS = (  # figure, title, unit
    ("per_second", f"pages per second at {CLIENTS} clients (more is better)", "{:.0f}"),
    ("p50_ms", "one request at a time, median ms (less is better)", "{:.0f}"),
    ("memory_all", "memory with all models loaded, MB (less is better)", "{:.0f}"),
    ("first_answer", "start to first answer with one model, s (less is better)", "{:.1f}"),
)
COURSES = (  # figure, title, what it depends on
    ("per_second_entries", "pages per second as models are registered", "registered models"),
    ("per_second_clients", "pages per second as clients are added", "clients"),
)


def draw_picture(measurements: Measurements, file: Path) -> Path:
    """Draws what was measured as SVG; panels without a figure say so. The same values, the same bytes."""
    figure = Figure(figsize=(11, 9.5), layout="constrained")
    axes = figure.subplots(3, 2)
    for place, (name, title, form) in zip(axes.flat[:4], PANELS, strict=True):
        _bars(place, measurements, (name, title, form))
    for place, (name, title, depends) in zip(axes.flat[4:], COURSES, strict=True):
        _course(place, measurements, (name, title, depends))
    part = file.with_name(f"{file.name}.part")
    with mpl.rc_context({"svg.hashsalt": "twelvelead", "svg.fonttype": "path"}):
        figure.savefig(part, format="svg", metadata={"Date": None})
    return part.replace(file)


def _bars(place: Axes, measurements: Measurements, about: tuple[str, str, str]) -> None:
    name, title, form = about
    place.set_title(title, fontsize=10, loc="left")
    middles = {system: measurements.middle(system, name) for system in ORDER}
    found = {system: value for system, value in middles.items() if value is not None}
    if not found:
        _nothing(place)
        return
    names, values = list(found), list(found.values())
    spread = [_spread(measurements, system, name) for system in names]
    colours = [OURS if system == TWELVELEAD else OTHERS for system in names]
    low, high = zip(*spread, strict=True)
    place.barh(names, values, color=colours, xerr=(low, high), ecolor=LINE, capsize=3)
    place.invert_yaxis()
    place.set_xlim(0, 1.2 * max(v + up for v, up in zip(values, high, strict=True)))
    for row, (value, up) in enumerate(zip(values, high, strict=True)):
        place.annotate(
            form.format(value), (value + up, row), (5, 0), textcoords="offset points", va="center"
        )
    place.spines[["top", "right"]].set_visible(False)


def _course(place: Axes, measurements: Measurements, about: tuple[str, str, str]) -> None:
    name, title, depends = about
    place.set_title(title, fontsize=10, loc="left")
    points = measurements.places(TWELVELEAD, name)
    if not points:
        _nothing(place)
        return
    values: Any = [measurements.middle(TWELVELEAD, name, at) for at in points]
    place.plot(points, values, color=OURS, marker="o")
    place.set_xscale("log")
    place.set_xticks(points, [str(at) for at in points])
    place.set_xticks([], minor=True)
    place.set_ylim(0, 1.25 * max(values))
    place.set_xlabel(depends)
    place.spines[["top", "right"]].set_visible(False)


def _spread(measurements: Measurements, system: str, name: str) -> tuple[float, float]:
    """From the median down to the least and up to the most of the rounds."""
    values = measurements.of(system, name).values()
    middle = measurements.middle(system, name) or 0.0
    return middle - min(values), max(values) - middle


def _nothing(place: Axes) -> None:
    place.text(0.5, 0.5, "not measured", ha="center", va="center", transform=place.transAxes)
    place.set_axis_off()
