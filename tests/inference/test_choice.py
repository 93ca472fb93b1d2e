"""Which models are asked, what one is not asked, and how far an answer about a page is believed."""

from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beats import Beats, RowBeats
from ecg.page.page import read_page
from model_registry.errors import ModelUnavailable, UnknownModel, WrongInput
from model_registry.registry import Registry, read_registry
from tests.support.models.beat_models import (
    PICTURE_FACTS,
    beat_picture,
    make_beat_ensemble,
    make_fake_beat_model,
)
from tests.support.models.fake_framework import make_fake_model
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.web_fakes import PAGE as FRAMED
from twelvelead.inference.batch import NO_FRAME, BeatBatch, PageBatch
from twelvelead.inference.choice import (
    USUAL_BEAT_MODEL,
    chosen_beat_models,
    chosen_page_models,
    reads_in_words,
)
from twelvelead.inference.fitting import beat_models, reads_of

PAGE, BEAT = read_page(FRAMED), read_page(beat_picture())
BEATS = Beats(np.zeros(9, np.float32), 360.0, np.array([3, 6]))
SURE = np.array([[0.1, 0.7, 0.1, 0.1]])


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """One model of each kind, two ensembles of beats, and a broken one."""
    make_fake_model(tmp_path, "pages")
    make_fake_beat_model(tmp_path, "drawn", PICTURE_FACTS)
    make_fake_beat_model(tmp_path, "drawn_too", PICTURE_FACTS)
    make_fake_beat_model(tmp_path, "segments")
    make_beat_ensemble(tmp_path, "pictures", ("drawn", "drawn_too"))
    make_beat_ensemble(tmp_path, "mixed", ("drawn", "segments"))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.toml").write_text("", encoding="utf-8")
    return read_registry(tmp_path)


def test_it_works(registry: Registry) -> None:
    assert PageBatch(PAGE).doubts(registry["pages"], SURE) == ()


def test_a_page_without_a_frame_is_uncertain(registry: Registry) -> None:
    page = read_page(encode(draw_page((600, 420), frame=False)))
    assert PageBatch(page).doubts(registry["pages"], SURE) == (NO_FRAME,)


def test_the_picture_of_a_beat_needs_no_frame(registry: Registry) -> None:
    assert BEAT.frame is None
    assert PageBatch(BEAT).doubts(registry["drawn"], SURE) == ()


def test_what_a_model_reads_follows_from_its_networks(registry: Registry) -> None:
    assert reads_of(registry, "pages") == {"page"}
    assert reads_of(registry, "segments") == {"segment"}
    assert reads_of(registry, "pictures") == {"beat_picture"}
    assert reads_of(registry, "mixed") == {"beat_picture", "segment"}


def test_all_that_read_such_a_picture_fit_it(registry: Registry) -> None:
    assert PageBatch(PAGE).fitting(registry) == ["pages"]
    assert PageBatch(BEAT).fitting(registry) == ["drawn", "drawn_too", "pictures"]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("drawn", "This looks like a 12-lead page; the model reads the picture of one beat."),
        ("segments", "the model reads beats of a signal, such as a CSV or a WFDB record."),
        ("mixed", "reads the picture of one beat and beats of a signal, such as a CSV"),
    ],
)
def test_a_model_of_something_else_refuses_and_says_so(
    registry: Registry, key: str, told: str
) -> None:
    assert told in str(PageBatch(PAGE).refusals(registry, key)[0])


def test_a_model_of_pages_refuses_a_beat(registry: Registry) -> None:
    (reason,) = PageBatch(BEAT).refusals(registry, "pages")
    assert reason.message == (
        "This looks like the picture of one beat; the model reads a 12-lead page."
    )


def test_a_model_that_fits_refuses_nothing(registry: Registry) -> None:
    assert PageBatch(PAGE).refusals(registry, "pages") == ()
    assert PageBatch(BEAT).refusals(registry, "pictures") == ()
    assert BeatBatch(BEATS).refusals(registry, "mixed") == ()


def test_what_reads_no_beats_of_a_signal_is_told_so(registry: Registry) -> None:
    assert BeatBatch(BEATS).fitting(registry) == [
        *("drawn", "drawn_too", "mixed", "pictures", "segments")
    ]
    with pytest.raises(WrongInput, match="'pages' reads ECG pages, not signals"):
        BeatBatch(BEATS).refusals(registry, "pages")


def test_rows_of_beats_are_no_recording_for_a_member_that_reads_one(registry: Registry) -> None:
    rows = BeatBatch(RowBeats.of_rows(np.zeros((2, 187), np.float32)))
    with pytest.raises(WrongInput, match=r"^The model 'segments' reads a recording"):
        rows.refusals(registry, "segments")
    with pytest.raises(WrongInput, match=r"^Its member 'drawn' can't answer: The model 'drawn'"):
        rows.refusals(registry, "mixed")


def test_a_broken_model_tells_its_reason(registry: Registry) -> None:
    with pytest.raises(ModelUnavailable, match=r"broken/model\.toml"):
        PageBatch(PAGE).refusals(registry, "broken")


def test_where_nothing_is_named_pages_go_to_all_and_recordings_to_the_usual_model(
    registry: Registry, tmp_path: Path
) -> None:
    assert chosen_page_models([]) is chosen_page_models(["drawn", "all"]) is None
    assert chosen_beat_models(registry, []) == ["drawn"], "the first, for want of the usual one"
    make_fake_beat_model(tmp_path, USUAL_BEAT_MODEL)
    assert chosen_beat_models(read_registry(tmp_path), []) == [USUAL_BEAT_MODEL]


def test_what_is_named_is_asked_once_and_in_that_order(registry: Registry) -> None:
    named = ["segments", "pages", "segments"]
    assert chosen_page_models(named) == chosen_beat_models(registry, named) == named[:2]
    assert chosen_beat_models(registry, ["pages", "all"]) == beat_models(registry)
    with pytest.raises(UnknownModel, match="Models that read beats: drawn, drawn_too, mixed"):
        chosen_beat_models(registry, ["all", "three"])


def test_what_a_model_reads_has_words() -> None:
    assert reads_in_words(["page"]) == "12-lead pages"
    assert reads_in_words(["beat_picture"]) == "pictures of beats"
    assert reads_in_words(["beat_picture", "segment"]) == "beats of a signal"
