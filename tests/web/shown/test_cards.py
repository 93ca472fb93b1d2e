"""web.shown.model_cards: a card's Markdown becomes harmless HTML, section by section."""

from pathlib import Path

import pytest

from tests.support.web.web_fakes import tags
from twelvelead.web.shown.model_cards import CardError, read_card, split_card

CARD = """\
# A model

For research.

## Intended use
Four classes: `normal` & others.

| class | pages |
|---|--:|
| `normal` | 3 |

### More
text

## Limits of `it`
Few pages.
"""


def test_it_works() -> None:
    before, use, limits = split_card(CARD)
    assert (before.title, before.html) == ("", "<p>For research.</p>\n")
    assert (use.title, use.anchor) == ("Intended use", "card-intended-use")
    assert "<code>normal</code> &amp; others" in use.html
    assert "<td>3</td>" in use.html
    assert "<h3>More</h3>" in use.html
    assert limits.title == "Limits of it"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        'a <b onclick="x()">b</b>',
        "[a](javascript:alert(1))",
        "![a](https://elsewhere.example/a.png)",
        "| a |\n|--:|\n| 1 |",
    ],
)
def test_nothing_in_it_runs_loads_or_styles(text: str) -> None:
    page = "".join(one.html for one in split_card(f"## A\n\n{text}\n"))
    for element in tags(page, "*"):
        assert not {"style", "onclick", "src"} & set(element)
        assert not element.get("href", "").startswith("javascript:")
    assert not [*tags(page, "script"), *tags(page, "b"), *tags(page, "img")]


def test_a_title_may_hold_what_html_may_not() -> None:
    (one,) = split_card('## <a "b"> é\n')
    assert one.title == '<a "b"> é'
    assert set(one.anchor) <= set('card-<a"b>e')


def test_a_model_without_a_card_has_no_sections(tmp_path: Path) -> None:
    assert read_card(tmp_path) == []


def test_a_card_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(CardError, match="UTF-8"):
        read_card(tmp_path)


def test_a_huge_card_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("a" * 200_001, encoding="utf-8")
    with pytest.raises(CardError, match="200 kB"):
        read_card(tmp_path)
