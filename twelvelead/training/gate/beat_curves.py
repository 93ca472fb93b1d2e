"""Curves to fit and measure the shape of a beat with: real beats, drawn in several styles, and others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats, Window
from ecg.beats.drawing import DRAWING, draw_beat
from ecg.page.single_beat import find_beat
from ecg.simulate.layouts.chance import any_of, between
from twelvelead.datasets.not_ecgs.curves import Make
from twelvelead.datasets.not_ecgs.lone_curves import LONE
from twelvelead.datasets.records import read_marked
from twelvelead.inference.gate.beat_curve import Curve, Grey, read_curve

Trace = npt.NDArray[np.floating]
Rng = np.random.Generator

BEATS = frozenset("NLRejAaJSVEFf/Q!")  # WFDB's symbols; ! is a wave of flutter
AROUND = 288  # samples at 360 Hz that are cut out, R in the middle: room to shift and stretch
LENGTH = DRAWING.window.length
FLAT = 0.02  # mV: a lead without more has no beat to see
SIZES = ((128, 192), (128, 192), (64, 96), (288, 432), (256, 256), (96, 96), (480, 640))


@dataclass(frozen=True, eq=False)
class SampledBeats:
    """traces: (n, AROUND) mV. patients: (n,) record's names. main: (n,) whether of the first lead."""

    traces: Trace
    patients: npt.NDArray[np.str_]
    main: npt.NDArray[np.bool_]

    def found_curves(self, rng: Rng) -> list[Curve | None]:
        """What is read from a picture of each, in any style; None where it isn't taken for a beat's."""
        middle = slice((AROUND - LENGTH) // 2, (AROUND + LENGTH) // 2)
        return [found_curve(styled(trace[middle], rng)) for trace in self.traces]


@dataclass(frozen=True)
class Sampling:
    """How beats are taken: `many` a record; every kind as often as the others, or as they come."""

    many: int
    balanced: bool = True

    def choose(self, symbols: npt.NDArray[np.str_], rng: Rng) -> npt.NDArray[np.intp]:
        """Which of a record's annotations, rising; none of the two at either end."""
        inside = np.flatnonzero(np.isin(symbols, list(BEATS)))[2:-2]
        if not self.balanced:
            return np.sort(rng.permutation(inside)[: self.many])
        kinds = np.unique(symbols[inside])
        share = max(4, self.many // max(1, len(kinds)))
        kept = [rng.permutation(inside[symbols[inside] == kind])[:share] for kind in kinds]
        return np.sort(np.concatenate(kept))


def sample_beats(folder: Path, names: Sequence[str], sampling: Sampling, rng: Rng) -> SampledBeats:
    """Beats of each record, seen in each of its leads."""
    parts: list[SampledBeats] = []
    for name in names:
        signal, marked = read_marked(folder / name)
        indices = marked.indices[sampling.choose(np.array(marked.symbols), rng)]
        for row, values in enumerate(signal.values):
            window = Window(DRAWING.window.rate, AROUND // 2, AROUND)
            traces = Beats(values, signal.rate, indices).windows(window)
            traces = traces[np.ptp(traces, axis=1) > FLAT]
            main = np.full(len(traces), row == 0)
            parts.append(SampledBeats(traces, np.full(len(traces), name), main))
    return SampledBeats(
        np.concatenate([part.traces for part in parts]),
        np.concatenate([part.patients for part in parts]),
        np.concatenate([part.main for part in parts]),
    )


def varied_beat(trace: Trace, rng: Rng) -> Trace:
    """A beat as people cut them: a little wider or narrower, not quite centred, rougher."""
    length = round(LENGTH * between(rng, 0.88, 1.15))
    first = AROUND // 2 + round(float(rng.normal(0, 5))) - length // 2
    part = trace[max(0, first) : first + length]
    values = np.interp(np.linspace(0, 1, LENGTH), np.linspace(0, 1, len(part)), part)
    roughness = between(rng, 0, 0.03) if rng.random() < 0.3 else 0.0
    return np.asarray(values + np.ptp(values) * roughness * rng.normal(size=LENGTH))


def varied_other(beats: Trace, rng: Rng) -> Trace:
    """A curve that is no beat: of the families for training, two of them summed, or a beat undone."""
    families = list(LONE["train"].values())
    chance = rng.random()
    if chance < 0.62:
        values: Trace = any_of(rng, families)(rng, LENGTH)
    elif chance < 0.75:
        first, second = (_unit(any_of(rng, families)(rng, LENGTH)) for _ in range(2))
        values = first + between(rng, 0.2, 1) * second
    elif chance < 0.92:
        values = _undone(beats[int(rng.integers(len(beats)))], rng)
    else:
        values = any_of(rng, families)(rng, LENGTH)
        values = values - values.mean()
        values = np.sign(values) * np.abs(values) ** between(rng, 0.4, 2.5)
    if rng.random() < 0.25:
        values = values + np.ptp(values) * between(rng, 0, 0.06) * rng.normal(size=LENGTH)
    return values[::-1] if rng.random() < 0.3 else values


def _unit(values: Trace) -> Trace:
    return values / (np.ptp(values) + 1e-9)


def _undone(trace: Trace, rng: Rng) -> Trace:
    """A beat's spectrum without its phases, or its two halves the wrong way round."""
    first = (AROUND - LENGTH) // 2
    part = trace[first : first + LENGTH]
    if rng.random() < 0.5:
        spectrum = np.abs(np.fft.rfft(part - part.mean()))
        turned = spectrum * np.exp(2j * np.pi * rng.random(spectrum.size))
        return np.asarray(np.fft.irfft(turned, LENGTH))
    return np.roll(part, int(rng.integers(30, LENGTH - 30)))


def quick_curve(trace: Trace, rng: Rng) -> Curve | None:
    """The curve of a plain small drawing of it, as it would be read from the trace's own box."""
    size = any_of(rng, [(128, 192), (96, 144), (160, 160), (64, 96)])
    drawing = replace(DRAWING, size=size, line=int(rng.integers(1, 4)))
    pixels = draw_beat(trace.astype(np.float32), drawing)
    ink = pixels < 190
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return read_curve(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def styled(trace: Trace, rng: Rng) -> Grey:
    """A picture of it as anybody may draw it: sizes, widths, blur, margins, JPEG."""
    size = any_of(rng, SIZES)
    line = int(rng.integers(1, 4 if size[0] < 200 else 6))
    drawing = replace(DRAWING, size=size, line=line, margin=int(rng.integers(2, 12)))
    pixels = draw_beat(trace.astype(np.float32), drawing)
    if rng.random() < 0.3:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), between(rng, 0.3, 1.2)), np.uint8)
    if rng.random() < 0.3:
        pixels = np.pad(pixels, int(between(rng, 2, 0.25 * size[0])), constant_values=255)
    if rng.random() < 0.5:
        options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 95))]
        pixels = np.asarray(cv2.imdecode(cv2.imencode(".jpg", pixels, options)[1], 0), np.uint8)
    return pixels


def found_curve(pixels: Grey) -> Curve | None:
    """What is read where a picture is taken for one of a beat; None where it isn't."""
    box = find_beat(pixels)
    return read_curve(pixels[box.top : box.bottom, box.left : box.right]) if box else None


def curves_of(family: Make, many: int, rng: Rng) -> list[Curve]:
    """Of `many` drawn pictures of a family those that are taken for beats."""
    found = (found_curve(styled(family(rng, LENGTH), rng)) for _ in range(many))
    return [curve for curve in found if curve is not None]
