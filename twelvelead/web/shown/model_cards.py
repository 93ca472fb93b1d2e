"""A model's card, Markdown beside its entry, as HTML that holds nothing but text, tables and links."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:  # read when a card first is
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

CARD = "README.md"
MAX_BYTES = 200_000


class CardError(ValueError):
    """A card that can't be shown; the message says why."""


@dataclass(frozen=True)
class Section:
    """What stands under one heading of the second level; an empty title for what stands before."""

    title: str
    html: Markup

    @property
    def anchor(self) -> str:
        """The title as an id: small letters, digits, hyphens."""
        plain = unicodedata.normalize("NFKD", self.title).encode("ascii", "ignore").decode()
        return "card-" + "-".join(plain.lower().split())


def read_card(folder: Path) -> list[Section]:
    """The sections of the card in a model's folder, none where it has no card.

    Raises CardError for a card that is no UTF-8 text or larger than 200 kB.
    """
    file = folder / CARD
    if not file.is_file():
        return []
    if file.stat().st_size > MAX_BYTES:
        raise CardError(f"{folder.name}/{CARD} is larger than {MAX_BYTES // 1000} kB.")
    try:
        return split_card(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(f"{folder.name}/{CARD} can't be read as UTF-8 text.") from error


def split_card(text: str) -> list[Section]:
    """Markdown -> its sections. HTML in it becomes text, pictures are left out, as are main titles."""
    found: list[tuple[str, list[Token]]] = [("", [])]
    tokens = iter(_markdown().parse(text))
    for token in tokens:
        if token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2"):
            inline = next(tokens)
            next(tokens)
            if token.tag == "h2":
                found.append((inline.content.replace("`", ""), []))
            continue
        token.attrs.pop("style", None)  # alignment of columns, which the page's policy refuses
        found[-1][1].append(token)
    return [Section(title, _render(tokens)) for title, tokens in found if title or tokens]


def _render(tokens: Sequence["Token"]) -> Markup:
    markdown = _markdown()
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704 - html is off


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
