"""The sample pictures of beats that come with the app: simulated, drawn by the project, labelled so.

`python -m ecg.simulate.beat_samples static/samples/beats` draws them anew, a folder a kind of beat,
named by its symbol in WFDB. No patient's beat is among them.
"""

import argparse
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from ecg.beats.beats import Beats
from ecg.beats.drawing import DRAWING, draw_beat
from ecg.simulate.page_samples import COMMENT
from ecg.simulate.record import RecordPlan, simulate_record
from ecg.simulate.sample_index import PICTURES

LEAD = "MLII"
FIRST, LAST = 2, -2  # beats at the ends of a recording are left out


@dataclass(frozen=True)
class BeatSample:
    """One picture of the plan: which finding is simulated, from which seed, which beat is drawn."""

    finding: str
    seed: int
    symbol: str

    @property
    def file(self) -> str:
        """Where the picture lies, relative to the folder of samples: its name tells nothing."""
        digest = hashlib.sha256(f"{self.finding} {self.seed} {self.symbol}".encode()).hexdigest()
        return f"{self.symbol}/{digest[:12]}.png"

    def picture(self) -> Image.Image:
        """The drawn beat, grey. Raises ValueError where the recording has no beat of this kind."""
        signal = simulate_record(RecordPlan(self.finding, self.seed))
        if signal.reference is None:
            raise ValueError("a simulated recording should know its beats")
        beats = Beats.of(signal, signal.leads.index(LEAD), signal.reference.indices)
        symbols = np.array(signal.reference.symbols)
        wanted = np.flatnonzero(symbols[FIRST:LAST] == self.symbol) + FIRST
        if not len(wanted):
            raise ValueError(f"{self.finding} {self.seed} has no beat '{self.symbol}'")
        first = int(wanted[0])
        return Image.fromarray(
            draw_beat(beats.windows(DRAWING.window, slice(first, first + 1))[0], DRAWING)
        )


BEAT_PLAN = (
    BeatSample("sinus_rhythm", 71, "N"),
    BeatSample("sinus_rhythm", 72, "N"),
    BeatSample("pac", 73, "A"),
    BeatSample("pac", 74, "A"),
    BeatSample("pvc", 75, "V"),
    BeatSample("pvc", 76, "V"),
    BeatSample("lbbb", 77, "L"),
    BeatSample("lbbb", 78, "L"),
    BeatSample("rbbb", 79, "R"),
    BeatSample("rbbb", 80, "R"),
)


def write_beat_samples(folder: Path) -> list[Path]:
    """Draws every beat of BEAT_PLAN, and an index beside them; the pictures' paths, in the plan's order.

    Each PNG has a text chunk that says it is simulated. The index, `samples.json`, lists file, symbol,
    finding, seed, simulated (always true), sha256. Raises OSError where writing fails.
    """
    paths, records = [], []
    for sample, data in _drawn():
        path = folder / sample.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        paths.append(path)
        records.append(
            {
                "file": sample.file,
                "symbol": sample.symbol,
                "finding": sample.finding,
                "seed": sample.seed,
                "simulated": True,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
    (folder / PICTURES).write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")
    return paths


def _drawn() -> Iterator[tuple[BeatSample, bytes]]:
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", COMMENT)
    for sample in BEAT_PLAN:
        buffer = io.BytesIO()
        sample.picture().save(buffer, "PNG", optimize=True, pnginfo=about)
        yield sample, buffer.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the simulated sample beats.")
    parser.add_argument("folder", type=Path, help="where to write them: static/samples/beats")
    print(f"{len(write_beat_samples(parser.parse_args().folder))} beats drawn")
