"""benchmarks.attack.measure: what is sent, and what its table says of the memory that it took."""

import io
from collections import Counter

import pytest
from PIL import Image

from benchmarks.attack.inputs import FRAME_ROUTE, SIGNALS, Request, large_picture
from benchmarks.attack.measure import AttackResult, is_borne, table
from ecg.page.page import MAX_PIXELS

HONEST = AttackResult(
    Request("a page", FRAME_ROUTE, b"page"), 700.0, 650.0, Counter({200: 32}), 2.0
)


def attacked(peak: float, **statuses: int) -> AttackResult:
    counted = Counter({int(name[1:]): count for name, count in statuses.items()})
    return AttackResult(
        Request("a bomb", FRAME_ROUTE, b"bomb", "a page"), peak, 660.0, counted, 9.5
    )


def test_its_table_compares_each_attack_with_the_honest_request_of_its_kind() -> None:
    rows = [HONEST, attacked(770, s422=30, s503=2)]
    assert table(rows).splitlines()[2:] == [
        "| a page | 32 x 200 | 2 | 700 | - | 650 |",
        "| a bomb | 30 x 422, 2 x 503 | 10 | 770 | 1.10 | 660 |",
    ]


@pytest.mark.parametrize(
    ("row", "borne"),
    [
        (HONEST, True),
        (attacked(840, s200=32), True),
        (attacked(841, s200=32), False),
        (attacked(700, s422=31, s500=1), False),
        (attacked(700, s422=31, s0=1), False),
    ],
)
def test_an_attack_is_borne_in_little_more_memory_with_an_answer_to_each(
    row: AttackResult, borne: bool
) -> None:
    assert is_borne(row, [HONEST, row]) is borne


def test_the_large_picture_is_as_large_as_may_be_and_small_to_send() -> None:
    data = large_picture()
    with Image.open(io.BytesIO(data)) as image:
        assert image.width * image.height == MAX_PIXELS
    assert len(data) < 200_000


def test_a_request_without_a_body_has_no_form() -> None:
    assert Request("shown", "/pictures/1").headers == {}
    assert "multipart" in Request("sent", SIGNALS, b"--").headers["Content-Type"]
