"""How well traces are read back from pages, against the signals that the pages were drawn from.

`python -m twelvelead.evaluation.digitise_figures [--ptbxl DIR] [--every N] [--json]`. Pages are drawn by
`ecg.simulate.paint` from simulated signals and, where DIR has them, from PTB-XL records (Wagner et al. 2020),
changed as scanners and messengers do, and read by `ecg.digitise.digitise`.

The figure is the signal-to-noise ratio of each lead in dB, 10 log10(sum of signal^2 / sum of error^2),
means removed, at the best shift up to 10 ms, as the PhysioNet Challenge 2024 (Reyna et al.) allows a
shift in time and voltage.
"""

import argparse
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageFilter

from ecg.digitise.digitise import read_traces
from ecg.digitise.traces import Millivolts
from ecg.errors import UnreadableTraces
from ecg.page.page import read_page
from ecg.simulate.paint import paint_page
from ecg.simulate.twelve_leads import FINDINGS, LEADS, Ecg12, simulate
from twelvelead.datasets.records import read_files

RATE = 500  # Hz: of the records, and of what is read back
MAX_SHIFT = 0.010  # s
WANTED = 15.0  # dB
SEED = 901  # of the simulated pages, one for each finding
SECONDS = 10.0
BLUR = 1.5  # px: standard deviation
TURN = 1.0  # degrees
QUALITY = 75  # JPEG

Change = Callable[[Image.Image], bytes]


@dataclass(frozen=True)
class DigitiseResult:
    """What came out for one source and one change; figures are None where no page was read.

    `median` and `fifth` (percentile) in dB over all leads of all pages; `wanted` is the share of
    leads with at least 15 dB; `seconds` the median time of reading one page.
    """

    source: str
    change: str
    pages: int
    read: int
    median: float | None
    fifth: float | None
    wanted: float | None
    seconds: float | None


def snr(truth: Millivolts, found: Millivolts, rate: int = RATE) -> float:
    """dB by which `truth` exceeds the error of `found`, both (n,) mV, at the best shift up to 10 ms.

    Means don't count. -inf for a truth without any voltage.
    """
    most = round(MAX_SHIFT * rate)
    wanted = truth[most : truth.size - most].astype(np.float64)
    wanted = wanted - wanted.mean()
    errors = []
    for shift in range(-most, most + 1):
        moved = found[most + shift : most + shift + wanted.size].astype(np.float64)
        errors.append(float(np.square(wanted - (moved - moved.mean())).sum()))
    power = float(np.square(wanted).sum())
    return 10 * float(np.log10(power / max(min(errors), 1e-12))) if power > 0 else -np.inf


def png(page: Image.Image) -> bytes:
    """The page as it was drawn."""
    held = io.BytesIO()
    page.save(held, "PNG", compress_level=1)
    return held.getvalue()


def jpeg(page: Image.Image) -> bytes:
    """Saved as a JPEG of quality 75."""
    held = io.BytesIO()
    page.save(held, "JPEG", quality=QUALITY)
    return held.getvalue()


def half(page: Image.Image) -> bytes:
    """Half as wide and half as high."""
    return png(page.resize((page.width // 2, page.height // 2), Image.Resampling.BILINEAR))


def blurred(page: Image.Image) -> bytes:
    """Out of focus."""
    return png(page.filter(ImageFilter.GaussianBlur(BLUR)))


def turned(page: Image.Image) -> bytes:
    """Turned by one degree on white paper."""
    return png(page.rotate(TURN, Image.Resampling.BILINEAR, fillcolor="white"))


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "clean": png,
        "JPEG quality 75": jpeg,
        "half resolution": half,
        "blur, 1.5 px": blurred,
        "turned by 1 degree": turned,
    }
)


def simulated() -> Iterator[Ecg12]:
    """One recording of each finding."""
    for finding in (name for names in FINDINGS.values() for name in names):
        yield simulate(finding, seed=SEED)


def read_ptbxl(folder: Path) -> Iterator[Ecg12]:
    """The first ten seconds of each record of 500 Hz under `folder`, by name."""
    named = {lead.upper(): lead for lead in LEADS}
    for header in sorted(folder.rglob("*_hr.hea")):
        record = read_files(header.with_suffix(""), (".hea", ".dat"))
        leads = tuple(named[name.upper()] for name in record.leads)
        signals = record.values[:, : round(SECONDS * RATE)]
        yield Ecg12(signals, RATE, header.stem, np.zeros(0), leads)


def measure(source: str, recordings: list[Ecg12], change: str) -> DigitiseResult:
    """Draws, changes and reads every recording as a page."""
    ratios: list[float] = []
    times: list[float] = []
    for ecg in recordings:
        page = read_page(CHANGES[change](paint_page(ecg)))
        began = time.perf_counter()
        try:
            traces = read_traces(page)
        except UnreadableTraces:
            continue
        times.append(time.perf_counter() - began)
        for trace in traces.traces:
            first = round(trace.start * RATE)
            truth = ecg.signals[ecg.leads.index(trace.lead)][first : first + trace.millivolts.size]
            ratios.append(snr(truth, trace.millivolts))
    if not ratios:
        return DigitiseResult(source, change, len(recordings), 0, None, None, None, None)
    known = np.array(ratios)
    return DigitiseResult(
        source,
        change,
        pages=len(recordings),
        read=len(times),
        median=float(np.median(known)),
        fifth=float(np.percentile(known, 5)),
        wanted=float((known >= WANTED).mean()),
        seconds=float(np.median(times)),
    )


def table(rows: list[DigitiseResult]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| pages from | change | read | median SNR | 5th percentile | leads >= 15 dB |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = "refused | |"
        if row.median is not None and row.fifth is not None and row.wanted is not None:
            figures = f"{row.median:.1f} dB | {row.fifth:.1f} dB | {100 * row.wanted:.0f} %"
        lines.append(f"| {row.source} | {row.change} | {row.read} of {row.pages} | {figures} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Prints the table, or JSON."""
    parser = argparse.ArgumentParser(
        description="Measure how well traces are read back from pages."
    )
    parser.add_argument("--ptbxl", type=Path, help="a folder with PTB-XL records of 500 Hz")
    parser.add_argument("--every", type=int, default=1, help="take each Nth record of PTB-XL only")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    sources = {"simulated": list(simulated())}
    if options.ptbxl is not None:
        sources["PTB-XL"] = list(islice(read_ptbxl(options.ptbxl), 0, None, options.every))
        if not sources["PTB-XL"]:
            parser.error(f"no record named *_hr.hea lies under {options.ptbxl}")
    rows = [
        measure(source, recordings, change)
        for source, recordings in sources.items()
        for change in CHANGES
    ]
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else table(rows))


if __name__ == "__main__":
    main()
