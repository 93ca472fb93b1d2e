"""An audit as one HTML file: counts, and pairs of pictures side by side. Nothing is fetched."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image

from ecg.errors import PageError
from ecg.page.page import read_page
from ecg.tasks import NOTICE
from twelvelead.audit.folder import Audit
from twelvelead.audit.text import meaning

SHOWN = 200  # pairs
WIDTH = 360  # px of a picture
QUALITY = 60

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #666; }
@media (prefers-color-scheme: dark) { :root { --soft: #aaa; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: right; }
td:first-child, th:first-child { text-align: left; overflow-wrap: anywhere; }
figure { margin: 0; min-width: 0; } figcaption { overflow-wrap: anywhere; color: var(--soft); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr));
  gap: .8rem; padding: .8rem 0; border-top: 1px solid var(--line); }
.pair h3 { grid-column: 1 / -1; margin: 0; font-size: 1rem; }
img { max-width: 100%; height: auto; background: #fff; }
"""


@dataclass(frozen=True)
class Shown:
    """Two pictures side by side: what they are to each other, their names and files."""

    title: str
    names: tuple[str, str]
    paths: tuple[Path, Path]


def write_report(result: Audit, file: Path) -> None:
    """Writes the report, whole or not at all; at most 200 pairs, leaks first.

    Raises OSError where the file can't be written.
    """
    part = file.with_name(file.name + ".part")
    try:
        part.write_text(report(result), encoding="utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def report(result: Audit) -> str:
    """The report's text: HTML that holds its style and pictures."""
    pairs = list(_pairs(result))
    listed = "".join(_pair(pair) for pair in pairs[:SHOWN])
    more = f"<p>and {len(pairs) - SHOWN} more</p>" if len(pairs) > SHOWN else ""
    title = f"Audit of {escape(str(result.folder))}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(meaning(result))}</p>{_counts(result)}{_classes(result)}"
        f"<h2>Pairs</h2>{listed or '<p>none</p>'}{more}{_unreadable(result)}"
        f"<footer><p>{escape(NOTICE)}</p></footer></body></html>\n"
    )


def _pairs(result: Audit) -> Iterator[Shown]:
    other = result.against or result.folder
    for leak in result.leaks:
        score = "" if leak.similarity is None else f", similarity {leak.similarity:.3f}"
        names = (leak.file, leak.against)
        yield Shown(
            f"on both sides: {leak.kind}{score}",
            names,
            (result.folder / names[0], other / names[1]),
        )
    for near in result.near:
        names = (near.first.file, near.second.file)
        title = f"near-duplicates, similarity {near.similarity:.3f}"
        yield Shown(title, names, (result.folder / names[0], result.folder / names[1]))
    for group in result.groups:
        names = (group[0].file, group[1].file)
        title = f"identical, {len(group)} files"
        yield Shown(title, names, (result.folder / names[0], result.folder / names[1]))


def _pair(pair: Shown) -> str:
    figures = "".join(_figure(n, p) for n, p in zip(pair.names, pair.paths, strict=True))
    return f'<section class="pair"><h3>{escape(pair.title)}</h3>{figures}</section>'


def _figure(name: str, path: Path) -> str:
    said = escape(name)
    try:
        source = f"data:image/jpeg;base64,{_small(path)}"
    except (OSError, PageError):  # gone since the audit
        return f"<figure><figcaption>{said} (no longer readable)</figcaption></figure>"
    return f'<figure><img src="{source}" alt="{said}"><figcaption>{said}</figcaption></figure>'


def _small(path: Path) -> str:
    image = Image.fromarray(read_page(path.read_bytes()).whole((WIDTH, 1), "rgb"))
    image.thumbnail((WIDTH, WIDTH), Image.Resampling.BILINEAR)
    held = io.BytesIO()
    image.save(held, "JPEG", quality=QUALITY)
    return base64.b64encode(held.getvalue()).decode()


def _counts(result: Audit) -> str:
    counts = {
        "files": len(result.entries),
        "distinct": result.distinct,
        "identical copies": len(result.entries) - result.distinct,
        "near pairs": len(result.near),
        "on both sides": len(result.leaks),
        "in several classes": len(result.across("label")),
        "under several IDs": len(result.across("patient")),
        "unreadable": len(result.unreadable),
    }
    return _table(["found", "count"], [[name, str(count)] for name, count in counts.items()])


def _classes(result: Audit) -> str:
    rows = [[label, *map(str, counts.values())] for label, counts in result.per_class.items()]
    return "<h2>Classes</h2>" + _table(["class", "files", "distinct"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _unreadable(result: Audit) -> str:
    if not result.unreadable:
        return ""
    lines = "".join(
        f"<li>{escape(file)}: {escape(why)}</li>" for file, why in result.unreadable.items()
    )
    return f"<h2>Unreadable</h2><ul>{lines}</ul>"
