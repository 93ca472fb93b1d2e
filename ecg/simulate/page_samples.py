"""The sample pages that come with the app: simulated, painted, labelled by how they were made.

`python -m ecg.simulate.page_samples static/samples` draws them anew. No patient's recording is among them.
"""

import argparse
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, PngImagePlugin

from ecg.simulate.paint import paint_page
from ecg.simulate.sample_index import PICTURES
from ecg.simulate.twelve_leads import FINDINGS, simulate

COMMENT = "Simulated by Twelvelead; not a patient's recording; for education and research."
SHADES = 64  # colours of a sample's palette: paper, grid, border and the traces' soft edges


@dataclass(frozen=True)
class Sample:
    """One page of the plan: what is simulated and from which seed."""

    finding: str
    seed: int

    @property
    def label(self) -> str:
        """The class that the finding belongs to."""
        return next(label for label, findings in FINDINGS.items() if self.finding in findings)

    @property
    def name(self) -> str:
        """An opaque name that tells neither class nor finding: 12 hexadecimal digits."""
        return hashlib.sha256(f"{self.finding} {self.seed}".encode()).hexdigest()[:12]

    @property
    def file(self) -> str:
        """Where the page lies, relative to the folder of samples."""
        return f"{self.label}/{self.name}.png"

    def page(self) -> Image.Image:
        """The painted page, RGB."""
        return paint_page(simulate(self.finding, seed=self.seed))


SAMPLE_PLAN = (
    Sample("sinus_rhythm", 11),
    Sample("sinus_rhythm", 12),
    Sample("sinus_rhythm", 13),
    Sample("sinus_rhythm", 14),
    Sample("sinus_arrhythmia", 15),
    Sample("pvc", 21),
    Sample("pac", 22),
    Sample("atrial_fibrillation", 23),
    Sample("lbbb", 24),
    Sample("rbbb", 25),
    Sample("sinus_tachycardia", 26),
    Sample("sinus_bradycardia", 27),
    Sample("anterior_stemi", 31),
    Sample("anterior_stemi", 32),
    Sample("inferior_stemi", 33),
    Sample("inferior_stemi", 34),
    Sample("lateral_stemi", 35),
    Sample("old_anterior_mi", 41),
    Sample("old_anterior_mi", 42),
    Sample("old_inferior_mi", 43),
    Sample("old_inferior_mi", 44),
    Sample("old_lateral_mi", 45),
)


def write_samples(folder: Path) -> list[Path]:
    """Draws every page of SAMPLE_PLAN as `folder`/<class>/<name>.png, with an index beside them.

    Each PNG has a palette and a text chunk that says it is simulated. The index, `samples.json`,
    is a list of records: file, label, finding, seed, simulated (always true), sha256 of the file.
    Returns the paths of the pages, in the plan's order. Raises OSError where writing fails.
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
                "label": sample.label,
                "finding": sample.finding,
                "seed": sample.seed,
                "simulated": True,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
    (folder / PICTURES).write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")
    return paths


def _drawn() -> Iterator[tuple[Sample, bytes]]:
    for sample in SAMPLE_PLAN:
        yield sample, _png(sample.page())


def _png(page: Image.Image) -> bytes:
    """The page as a palette PNG: an eighth of a JPEG's size, because dots compress badly there."""
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", COMMENT)
    buffer = io.BytesIO()
    few = page.quantize(SHADES, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True, pnginfo=about)
    return buffer.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the simulated sample pages.")
    parser.add_argument("folder", type=Path, help="where to write them, such as static/samples")
    print(f"{len(write_samples(parser.parse_args().folder))} pages drawn")
