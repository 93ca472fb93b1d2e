"""The looks behind the families: one function each, generator -> sheet."""

from dataclasses import replace

import numpy as np

from ecg.simulate.layouts.chance import any_of, between, colour_near, printed
from ecg.simulate.layouts.sheet import (
    FOUR_BY_THREE,
    SIX_BY_TWO,
    TWELVE_BY_ONE,
    Hand,
    Paper,
    SheetLayout,
)

Rng = np.random.Generator


def _paper(rng: Rng, fine: tuple[int, int, int], strong: tuple[int, int, int]) -> Paper:
    """White or tinted paper with a grid near these colours."""
    return Paper(
        px_per_mm=between(rng, 3.0, 9.0),
        colour=colour_near(rng, any_of(rng, [(255, 255, 255), (255, 250, 245)]), 4),
        fine=colour_near(rng, fine, 8),
        strong=colour_near(rng, strong, 12),
        edge=colour_near(rng, strong, 20),
        edge_width=int(rng.integers(1, 5)),
    )


def _sheet(rng: Rng, paper: Paper, hand: Hand) -> SheetLayout:
    """Three rows of four and a strip, with what varies on any sheet."""
    return SheetLayout(
        row_mm=between(rng, 22.0, 36.0),
        margins=(
            between(rng, 3, 16),
            between(rng, 10, 36),
            between(rng, 2, 14),
            between(rng, 4, 18),
        ),
        speed=any_of(rng, [25.0, 25.0, 25.0, 50.0]) if rng.random() < 0.3 else 25.0,
        gain=any_of(rng, [10.0, 10.0, 10.0, 10.0, 5.0, 20.0]),
        in_turn=bool(rng.random() < 0.7),
        divider=any_of(rng, ["none", "tick", "line", "pulse"]),
        pulse=any_of(rng, ["none", "left", "left", "right"]),
        paper=paper,
        hand=hand,
    )


def red_3x4_strip(rng: Rng) -> SheetLayout:
    """A cart's printout: the whole sheet ruled in red."""
    paper = replace(_paper(rng, (250, 205, 200), (235, 120, 115)), whole=bool(rng.random() < 0.8))
    return replace(_sheet(rng, paper, printed(rng)), strips=(any_of(rng, ["II", "V1", "V5"]),))


def pink_3x4_three_strips(rng: Rng) -> SheetLayout:
    """Three strips below, on pink."""
    paper = replace(_paper(rng, (255, 225, 230), (245, 165, 180)), whole=bool(rng.random() < 0.5))
    sheet = _sheet(rng, paper, printed(rng))
    return replace(sheet, strips=("V1", "II", "V5"), row_mm=between(rng, 18, 28))


def orange_6x2(rng: Rng) -> SheetLayout:
    """Six rows of two, on orange or brown, often at 50 mm/s."""
    paper = _paper(rng, (252, 224, 196), (236, 168, 110))
    sheet = _sheet(rng, replace(paper, whole=bool(rng.random() < 0.6)), printed(rng))
    return replace(
        sheet,
        rows=SIX_BY_TWO,
        strips=(),
        seconds=5.0 if sheet.speed == 25 else 2.5,
        row_mm=between(rng, 18, 28),
        gap=between(rng, 0, 12),
    )


def green_6x2_strip(rng: Rng) -> SheetLayout:
    """Six rows of two and a strip, on green."""
    paper = replace(_paper(rng, (205, 236, 210), (120, 190, 140)), whole=bool(rng.random() < 0.6))
    sheet = _sheet(rng, paper, printed(rng))
    return replace(sheet, rows=SIX_BY_TWO, seconds=5.0, speed=25.0, row_mm=between(rng, 16, 26))


def grey_12x1(rng: Rng) -> SheetLayout:
    """Twelve rows, as a stress test or an archive prints them, on grey or none."""
    paper = _paper(rng, (226, 226, 226), (180, 180, 180))
    paper = replace(
        paper, grid=any_of(rng, ["lines", "coarse", "dots", "none"]), px_per_mm=between(rng, 3, 7)
    )
    return replace(
        _sheet(rng, paper, printed(rng)),
        rows=TWELVE_BY_ONE,
        strips=(),
        speed=25.0,
        seconds=between(rng, 5, 10),
        row_mm=between(rng, 12, 20),
    )


def plain_3x4(rng: Rng) -> SheetLayout:
    """Without any grid."""
    paper = replace(_paper(rng, (230, 230, 230), (200, 200, 200)), grid="none")
    strips = any_of(rng, [(), ("II",), ("II", "V1")])
    return replace(_sheet(rng, paper, printed(rng)), strips=strips)


def framed_pink_3x4_strip(rng: Rng) -> SheetLayout:
    """A framed field of traces on pink, near to many a device's report."""
    paper = replace(
        _paper(rng, (250, 220, 222), (240, 165, 170)),
        grid=any_of(rng, ["lines", "dots", "dots", "fine"]),
        frame=any_of(rng, ["box", "double"]),
        px_per_mm=between(rng, 4, 8),
    )
    return _sheet(rng, paper, printed(rng))


def dark_3x4(rng: Rng) -> SheetLayout:
    """Twelve leads on a dark screen."""
    light = colour_near(rng, any_of(rng, [(80, 255, 120), (255, 255, 255), (255, 230, 80)]), 15)
    paper = Paper(
        px_per_mm=between(rng, 3, 7),
        colour=colour_near(rng, any_of(rng, [(8, 8, 12), (20, 24, 40), (0, 30, 20)]), 8),
        fine=colour_near(rng, (30, 36, 40), 8),
        strong=colour_near(rng, (60, 66, 70), 12),
        grid=any_of(rng, ["lines", "coarse", "none", "dots"]),
        whole=bool(rng.random() < 0.7),
    )
    hand = replace(printed(rng), inks=(light,), words=colour_near(rng, (210, 210, 210), 30))
    strips = any_of(rng, [(), ("II",)])
    return replace(_sheet(rng, paper, hand), strips=strips)


def rhythm_strip(rng: Rng) -> SheetLayout:
    """One lead on a long strip of paper."""
    fine, strong = any_of(
        rng,
        [
            ((250, 210, 210), (235, 130, 130)),
            ((215, 232, 250), (140, 170, 215)),
            ((225, 225, 225), (170, 170, 170)),
        ],
    )
    paper = replace(_paper(rng, fine, strong), whole=bool(rng.random() < 0.7))
    lead = any_of(rng, ["I", "II", "V1", "V5"])
    return replace(
        _sheet(rng, paper, printed(rng)),
        rows=(),
        strips=(lead,),
        seconds=between(rng, 4, 10),
        row_mm=between(rng, 25, 50),
        margins=(between(rng, 1, 8), between(rng, 1, 14), between(rng, 1, 8), between(rng, 1, 8)),
    )


def dark_monitor(rng: Rng) -> SheetLayout:
    """Two or three leads on a bedside screen."""
    sheet = dark_3x4(rng)
    leads = any_of(rng, [("II", "V1"), ("I", "II", "III"), ("II", "V5", "aVR"), ("II",)])
    inks = ((60, 255, 90), (255, 235, 60), (70, 220, 255))
    return replace(
        sheet,
        rows=(),
        strips=leads,
        seconds=between(rng, 5, 10),
        speed=25.0,
        pulse="none",
        hand=replace(sheet.hand, inks=inks, title="", extras=(), header=sheet.hand.header[:2]),
    )


def three_lead_paper(rng: Rng) -> SheetLayout:
    """A Holter's or a defibrillator's strip of two or three leads."""
    sheet = rhythm_strip(rng)
    return replace(
        sheet,
        strips=any_of(rng, [("I", "II", "III"), ("II", "V1"), ("V1", "V3", "V5")]),
        row_mm=between(rng, 16, 30),
    )


def blue_3x4(rng: Rng) -> SheetLayout:
    """On blue."""
    paper = replace(_paper(rng, (212, 226, 250), (140, 170, 225)), whole=bool(rng.random() < 0.5))
    return replace(_sheet(rng, paper, printed(rng)), strips=any_of(rng, [(), ("II",)]))


def outlined_3x4_strip(rng: Rng) -> SheetLayout:
    """Another program's clean page: the picture's outline is its only frame."""
    paper = replace(
        _paper(rng, (248, 214, 214), (230, 150, 150)),
        frame="picture",
        whole=bool(rng.random() < 0.7),
        px_per_mm=between(rng, 4, 8),
    )
    return _sheet(rng, paper, printed(rng))


def cells_6x2(rng: Rng) -> SheetLayout:
    """Every lead in a box of its own."""
    fine, strong = any_of(
        rng, [((250, 218, 218), (238, 160, 160)), ((228, 228, 228), (190, 190, 190))]
    )
    paper = replace(_paper(rng, fine, strong), frame=any_of(rng, ["cells", "rows"]))
    sheet = _sheet(rng, paper, printed(rng))
    return replace(
        sheet,
        rows=SIX_BY_TWO,
        strips=(),
        seconds=5.0,
        speed=25.0,
        divider="none",
        pulse="none",
        row_mm=between(rng, 18, 26),
    )


def four_by_three(rng: Rng) -> SheetLayout:
    """Four rows of three: limb leads above, chest leads below."""
    paper = _paper(
        rng, *any_of(rng, [((250, 210, 205), (236, 130, 125)), ((205, 235, 225), (130, 190, 170))])
    )
    return replace(
        _sheet(rng, paper, printed(rng)),
        rows=FOUR_BY_THREE,
        strips=any_of(rng, [(), ("II",)]),
        seconds=between(rng, 2.5, 4.0),
        speed=25.0,
    )


def axes_12x1(rng: Rng) -> SheetLayout:
    """As scripts plot recordings: a box a lead, a coarse grid, coloured lines."""
    paper = replace(
        _paper(rng, (235, 235, 235), (215, 215, 215)),
        grid=any_of(rng, ["coarse", "none"]),
        frame="rows",
        edge=(0, 0, 0),
        edge_width=1,
        px_per_mm=between(rng, 3, 6),
    )
    inks = any_of(
        rng, [((31, 119, 180),), ((0, 0, 0),), ((31, 119, 180), (255, 127, 14), (44, 160, 44))]
    )
    return replace(
        _sheet(rng, paper, replace(printed(rng), inks=inks, width=1, extras=())),
        rows=TWELVE_BY_ONE,
        strips=(),
        speed=25.0,
        seconds=between(rng, 5, 10),
        row_mm=between(rng, 11, 18),
        pulse="none",
    )


def watch_page(rng: Rng) -> SheetLayout:
    """A watch's report: one lead in three rows of ten seconds below a header."""
    paper = replace(_paper(rng, (252, 228, 228), (245, 190, 190)), px_per_mm=between(rng, 3, 6))
    hand = replace(
        printed(rng), names="below", title="ECG", extras=("rule",), inks=((200, 30, 50),)
    )
    return replace(
        _sheet(rng, paper, hand),
        rows=(),
        strips=("I", "I", "I"),
        seconds=10.0,
        speed=25.0,
        pulse=any_of(rng, ["left", "none"]),
        margins=(12.0, between(rng, 30, 60), 12.0, between(rng, 20, 120)),
    )


def green_monitor(rng: Rng) -> SheetLayout:
    """An old screen: one to three green traces on black, no grid."""
    paper = Paper(px_per_mm=between(rng, 3, 6), colour=colour_near(rng, (2, 10, 4), 3), grid="none")
    green = colour_near(rng, (40, 240, 90), 20)
    hand = replace(printed(rng), inks=(green,), words=green, title="", extras=())
    return replace(
        _sheet(rng, paper, hand),
        rows=(),
        strips=any_of(rng, [("II",), ("II", "V5"), ("I", "II", "III")]),
        seconds=between(rng, 4, 8),
        pulse="none",
    )
