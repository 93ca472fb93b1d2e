"""Plots of every usual kind, drawn by matplotlib (of the extra `train`), with and without box and grid."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ecg.simulate.layouts.chance import any_of, between
from twelvelead.datasets.not_ecgs import curves
from twelvelead.datasets.not_ecgs.ground import Picture, Rng

COLOURS = ("tab:blue", "black", "red", "crimson", "tab:orange", "tab:green", "purple", "0.3")
MAPS = ("viridis", "hot", "Reds", "coolwarm", "gray", "jet", "RdPu", "magma")
Plot = Callable[[Any, Rng], None]  # axes, generator


def figure_of(rng: Rng) -> Any:
    """A figure of any size on white, grey, pink or dark."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = between(rng, 4, 11)
    size = (width, width / any_of(rng, [1.41, 1.33, 1.33, 1.0, 1.8]))
    ground = any_of(rng, ["white", "white", "white", "0.93", "mistyrose"])
    figure = Figure(figsize=size, dpi=int(rng.integers(80, 130)), facecolor=ground)
    FigureCanvasAgg(figure)
    return figure


def picture_of(figure: Any) -> Picture:
    """The drawn figure: uint8 (h, w, 3)."""
    figure.canvas.draw()
    return np.ascontiguousarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])


def dress(axes: Any, rng: Rng) -> None:
    """Box or none, grid or none (often red on pink), ticks, words."""
    boxed = rng.random()
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(boxed < 0.6 or (boxed < 0.8 and side in ("left", "bottom")))
        axes.spines[side].set_color(any_of(rng, ["black", "black", "lightcoral", "0.6"]))
        axes.spines[side].set_linewidth(between(rng, 0.6, 2.5))
    if rng.random() < 0.5:
        axes.minorticks_on()
        colour = any_of(rng, ["0.85", "mistyrose", "pink", "lightcoral", "lightblue"])
        axes.grid(True, which=any_of(rng, ["major", "both"]), color=colour, linewidth=0.8)
    if rng.random() < 0.3:
        axes.set_xticks([])
        axes.set_yticks([])
    if rng.random() < 0.2:
        axes.set_facecolor(any_of(rng, ["mistyrose", "lavenderblush", "0.95", "black"]))
    if rng.random() < 0.6:
        axes.set_title(any_of(rng, ["Figure 1", "Results", "Lead II", "Return on equity", "ECG?"]))
        axes.set_xlabel(any_of(rng, ["time (s)", "x", "year", "mm/s"]))


def draw_plot(rng: Rng, plot: Plot) -> Picture:
    """One plot filling the figure."""
    figure = figure_of(rng)
    axes = figure.add_subplot(111)
    plot(axes, rng)
    dress(axes, rng)
    return picture_of(figure)


def any_curve(rng: Rng, n: int = 400) -> curves.Curve:
    """Any of the curves."""
    return any_of(rng, list(curves.CURVES.values()))(rng, n)


def _line(axes: Any, rng: Rng) -> None:
    for _ in range(int(rng.integers(1, 5))):
        axes.plot(any_curve(rng), color=any_of(rng, COLOURS), lw=between(rng, 0.6, 3))


def _step(axes: Any, rng: Rng) -> None:
    for _ in range(int(rng.integers(1, 4))):
        axes.step(np.arange(40), curves.walk(rng, 40), color=any_of(rng, COLOURS), where="mid")


def _scatter(axes: Any, rng: Rng) -> None:
    n = int(rng.integers(20, 600))
    colour = any_of(rng, COLOURS)
    axes.scatter(rng.normal(size=n), rng.normal(size=n), s=between(rng, 3, 60), c=colour)


def _bar(axes: Any, rng: Rng) -> None:
    n = int(rng.integers(3, 30))
    draw = axes.bar if rng.random() < 0.7 else axes.barh
    draw(np.arange(n), rng.random(n), color=any_of(rng, COLOURS))


def _histogram(axes: Any, rng: Rng) -> None:
    axes.hist(rng.normal(size=500), bins=int(rng.integers(8, 60)), color=any_of(rng, COLOURS))


def _pie(axes: Any, rng: Rng) -> None:
    axes.pie(rng.random(int(rng.integers(2, 9))) + 0.1)


def _heat_map(axes: Any, rng: Rng) -> None:
    shape = rng.integers(3, 60, 2)
    axes.imshow(rng.random(shape), cmap=any_of(rng, MAPS), aspect="auto")


def _contour(axes: Any, rng: Rng) -> None:
    x, y = np.meshgrid(np.linspace(-3, 3, 60), np.linspace(-3, 3, 60))
    z = np.sin(x * between(rng, 0.5, 2)) * np.cos(y * between(rng, 0.5, 2)) + x * between(
        rng, 0, 0.3
    )
    (axes.contourf if rng.random() < 0.5 else axes.contour)(x, y, z, cmap=any_of(rng, MAPS))


def _share_price(axes: Any, rng: Rng) -> None:
    values = curves.walk(rng, int(rng.integers(100, 900)))
    axes.plot(values, color=any_of(rng, COLOURS), lw=between(rng, 0.7, 2))
    if rng.random() < 0.4:
        axes.fill_between(np.arange(values.size), values, values.min(), alpha=0.2, color="red")


def _box_plot(axes: Any, rng: Rng) -> None:
    axes.boxplot([rng.normal(size=40) for _ in range(int(rng.integers(2, 12)))])


def _spectrogram(axes: Any, rng: Rng) -> None:
    axes.specgram(any_curve(rng, 6000), NFFT=128, Fs=250, noverlap=64, cmap=any_of(rng, MAPS))


def _candlestick(axes: Any, rng: Rng) -> None:
    n = int(rng.integers(20, 90))
    close = np.cumsum(rng.normal(size=n))
    opened = np.concatenate([[0], close[:-1]])
    colours = np.where(close > opened, "tab:green", "tab:red").tolist()
    reach = np.abs(rng.normal(size=(2, n)))
    x = np.arange(n)
    axes.vlines(
        x, np.minimum(opened, close) - reach[0], np.maximum(opened, close) + reach[1], colours
    )
    axes.bar(x, close - opened, bottom=opened, color=colours, width=0.6)


def _stem(axes: Any, rng: Rng) -> None:
    axes.stem(any_curve(rng, int(rng.integers(15, 80))))


def _area(axes: Any, rng: Rng) -> None:
    values = np.abs(np.stack([any_curve(rng, 100) for _ in range(3)]))
    axes.stackplot(np.arange(100), values, colors=["pink", "crimson", "0.6"])


def _quiver(axes: Any, rng: Rng) -> None:
    x, y = np.meshgrid(np.arange(15), np.arange(12))
    turn = between(rng, 0.1, 0.9)
    axes.quiver(x, y, np.cos(turn * x), np.sin(turn * y), color=any_of(rng, COLOURS))


def _violin(axes: Any, rng: Rng) -> None:
    axes.violinplot([rng.normal(size=60) for _ in range(int(rng.integers(2, 9)))])


def _hexbin(axes: Any, rng: Rng) -> None:
    axes.hexbin(rng.normal(size=3000), rng.normal(size=3000), gridsize=25, cmap=any_of(rng, MAPS))


def _error_bars(axes: Any, rng: Rng) -> None:
    x = np.arange(int(rng.integers(8, 40)))
    colour = any_of(rng, COLOURS)
    axes.errorbar(x, curves.walk(rng, x.size), yerr=rng.random(x.size), color=colour, capsize=3)


def polar(rng: Rng) -> Picture:
    """Round axes."""
    figure = figure_of(rng)
    axes = figure.add_subplot(111, projection="polar")
    angle = np.linspace(0, 2 * np.pi, 200)
    axes.plot(angle, np.abs(np.sin(int(rng.integers(1, 7)) * angle)), color=any_of(rng, COLOURS))
    return picture_of(figure)


def surface(rng: Rng) -> Picture:
    """A hill seen from the side."""
    figure = figure_of(rng)
    axes = figure.add_subplot(111, projection="3d")
    x, y = np.meshgrid(np.linspace(-3, 3, 25), np.linspace(-3, 3, 25))
    z = np.sin(between(rng, 0.5, 2) * x) * np.cos(between(rng, 0.5, 2) * y)
    axes.plot_surface(x, y, z, cmap=any_of(rng, MAPS))
    return picture_of(figure)


def _multiples(rng: Rng, shape: tuple[int, int], plots: list[Plot]) -> Picture:
    figure = figure_of(rng)
    for number in range(shape[0] * shape[1]):
        axes = figure.add_subplot(*shape, number + 1)
        any_of(rng, plots)(axes, rng)
        axes.set_xticks([])
        axes.set_yticks([])
        if rng.random() < 0.5:
            axes.grid(True, color="pink")
    return picture_of(figure)


def small_multiples(rng: Rng) -> Picture:
    """Several plots of any kind."""
    shape = any_of(rng, [(2, 2), (3, 2), (2, 3), (1, 3), (4, 1)])
    return _multiples(rng, shape, [_line, _scatter, _bar, _histogram, _heat_map])


def three_by_four(rng: Rng) -> Picture:
    """Twelve small plots of curves where an ECG would have its leads."""
    return _multiples(rng, any_of(rng, [(3, 4), (6, 2), (4, 3), (12, 1)]), [_line, _share_price])


def _family(plot: Plot) -> Callable[[Rng], Picture]:
    return lambda rng: draw_plot(rng, plot)


TRAINED = {
    name: _family(plot)
    for name, plot in {
        "line_plot": _line, "step_plot": _step, "scatter": _scatter, "bar_chart": _bar,
        "histogram": _histogram, "pie": _pie, "heat_map": _heat_map, "contour": _contour,
        "share_price": _share_price, "box_plot": _box_plot, "spectrogram": _spectrogram,
    }.items()
}  # fmt: skip
MEASURED = {
    name: _family(plot)
    for name, plot in {
        "candlestick": _candlestick, "stem_plot": _stem, "area_plot": _area, "quiver": _quiver,
        "violin_plot": _violin, "hexbin": _hexbin, "error_bars": _error_bars,
    }.items()
}  # fmt: skip
