"""Pictures that packages ship, gathered as non-ECGs: `python -m twelvelead.datasets.harvest OUT FOLDER ...`.

Every folder is a source of its own, so that whole sources can be kept apart. Pictures are read, and
where their readers (pypdfium2, pydicom) are installed also pages of PDFs and DICOM files; near-copies,
small ones and those whose names speak of ECGs are left out.
"""

import argparse
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

Pixels = npt.NDArray[np.uint8]

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".bmp"})
DOCUMENTS = frozenset({".pdf"})
SCANS = frozenset({".dcm"})
HEARTS = r"ecg|ekg|cardio|heart.?(beat|rate)|find_peaks|peak_(widths|prominences)"
LEAST, MOST = 200, 1600  # px: smaller ones are left out, larger ones scaled down
LARGEST = 40_000_000  # pixels: more are not worth their time
PAGES = 12  # of a document, at random
RESOLUTION = 100 / 72  # documents are drawn at 100 dots an inch
NEAR = 6  # of 256 bits of a fingerprint: no more differ between copies


@dataclass
class Harvest:
    """What is wanted of each source, and the fingerprints of all that was taken."""

    most: int = 120
    seed: int = 0
    without: str = HEARTS
    taken: list[npt.NDArray[np.bool_]] = field(default_factory=list)

    def gather(self, source: Path, out: Path) -> int:
        """Writes up to `most` distinct pictures of `source` into `out`/<its name>/; how many."""
        place = out / source.name
        place.mkdir(parents=True, exist_ok=True)
        count = 0
        for picture in self._pictures(source):
            if count == self.most:
                break
            if not self._new(picture):
                continue
            name = hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()[:12]
            image = Image.fromarray(picture)
            if len(np.unique(picture.reshape(-1, 3)[::37], axis=0)) < 64:
                image.save(place / f"{name}.png")
            else:
                image.save(place / f"{name}.jpg", quality=90)
            count += 1
        return count

    def stay_apart_from(self, folder: Path) -> None:
        """Takes no near-copy of what was gathered in `folder` before, such as what is trained on."""
        for file in sorted(folder.rglob("*")):
            if file.suffix in PICTURES:
                with Image.open(file) as image:
                    self.taken.append(fingerprint(np.asarray(image.convert("RGB"))))

    def _pictures(self, source: Path) -> Iterator[Pixels]:
        """In random order; what can't be read is passed over."""
        rng = np.random.default_rng(self.seed)
        known = PICTURES | DOCUMENTS | SCANS
        files = sorted(path for path in source.rglob("*") if path.suffix.lower() in known)
        unwanted = re.compile(self.without, re.IGNORECASE)
        for index in rng.permutation(len(files)):
            file = files[index]
            if not file.is_file() or (self.without and unwanted.search(file.name)):
                continue
            for image in _read(file, rng):
                if min(image.size) >= LEAST:
                    yield _flat(image)

    def _new(self, picture: Pixels) -> bool:
        mark = fingerprint(picture)
        if self.taken and np.min(np.sum(np.stack(self.taken) != mark, axis=1)) <= NEAR:
            return False
        self.taken.append(mark)
        return True


def fingerprint(picture: Pixels) -> npt.NDArray[np.bool_]:
    """256 bits: whether each of 16 x 16 fields is lighter than the one to its right."""
    small = Image.fromarray(picture).convert("L").resize((17, 16), Image.Resampling.BOX)
    grey = np.asarray(small).astype(np.int16)
    bits: npt.NDArray[np.bool_] = (grey[:, :-1] > grey[:, 1:]).ravel()
    return bits


def _flat(image: Image.Image) -> Pixels:
    """RGB on white, no side longer than MOST."""
    image.thumbnail((MOST, MOST), Image.Resampling.BOX)
    with_alpha = image.convert("RGBA")
    white = Image.new("RGBA", with_alpha.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(white, with_alpha).convert("RGB"))


def _read(file: Path, rng: np.random.Generator) -> Iterator[Image.Image]:
    suffix = file.suffix.lower()
    try:
        if suffix in DOCUMENTS:
            yield from _pages(file, rng)
        elif suffix in SCANS:
            yield _scan(file)
        else:
            with Image.open(file) as image:
                if image.width * image.height <= LARGEST:
                    image.load()
                    yield image
    except (OSError, ValueError, SyntaxError, AttributeError, UnidentifiedImageError):
        return
    except (RuntimeError, ImportError, Image.DecompressionBombError):
        return


def _pages(file: Path, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Some pages of a PDF."""
    import pypdfium2

    document = pypdfium2.PdfDocument(file)
    try:
        for number in rng.permutation(len(document))[:PAGES]:
            yield document[int(number)].render(scale=RESOLUTION).to_pil()
    finally:
        document.close()


def _scan(file: Path) -> Image.Image:
    """A DICOM file's first picture, from its darkest to its lightest."""
    import pydicom
    from pydicom.misc import is_dicom

    if not is_dicom(file):
        raise ValueError(f"{file.name} is not DICOM")
    values = np.asarray(pydicom.dcmread(file).pixel_array).astype(np.float64)
    while values.ndim > 3 or (values.ndim == 3 and values.shape[2] not in (3, 4)):
        values = values[0]
    values = (values - values.min()) / max(1e-9, float(np.ptp(values))) * 255
    return Image.fromarray(
        values[..., :3].astype(np.uint8) if values.ndim == 3 else values.astype(np.uint8)
    )


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Gather pictures from folders of packages.")
    parser.add_argument("out", type=Path)
    parser.add_argument("sources", type=Path, nargs="+", help="folders: each is one source")
    parser.add_argument("--most", type=int, default=120, help="pictures a source")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without", default=HEARTS, help="names (regular expression) to leave out")
    parser.add_argument(
        "--apart-from", type=Path, nargs="*", default=[], help="folders gathered before"
    )
    args = parser.parse_args()
    harvest = Harvest(args.most, args.seed, args.without)
    for folder in args.apart_from:
        harvest.stay_apart_from(folder)
    for source in args.sources:
        print(f"{source.name}: {harvest.gather(source, args.out)} pictures", flush=True)


if __name__ == "__main__":
    main()
