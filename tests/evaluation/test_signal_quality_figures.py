"""What people marked in public records is read as spans, and what is found of it is counted."""

from pathlib import Path

import numpy as np
import pytest

from ecg.simulate.other_signals import flutter
from ecg.simulate.record import RecordPlan, simulate_record
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.signal_quality.leads import (
    FLUTTER,
    GOOD,
    MARKED_NOISE,
    MarkedLead,
    Span,
    read_leads,
)
from twelvelead.evaluation.signal_quality.marking import Marking, mark, share, turn
from twelvelead.evaluation.signal_quality.measures import area_under_curve, read_columns
from twelvelead.evaluation.signal_quality_figures import figures

RATE = 250.0


def marked(*, spans: tuple[Span, ...] = (), measured: bool = True) -> MarkedLead:
    """A minute of sinus rhythm, flutter from 20 to 40 s where a span says so."""
    signal = simulate_record(RecordPlan("sinus_rhythm", 3, 60, int(RATE), ("II",)))
    assert signal.reference is not None
    trace = signal.values[0].copy()
    for span in spans:
        begin, end = (round(second * RATE) for second in (span.start_s, span.end_s))
        trace[begin:end] = 0.6 * flutter(np.random.default_rng(2), end - begin, RATE)
    return MarkedLead("x", "1", "II", trace, RATE, signal.reference.indices, spans, measured)


def write_marks(folder: Path, symbols: str, seconds: list[float], notes: list[str]) -> None:
    import wfdb

    trace = marked().trace[:, np.newaxis].astype(np.float64)
    wfdb.wrsamp("900", RATE, ["mV"], ["MLII"], trace, fmt=["16"], write_dir=str(folder))
    samples = np.round(np.array(seconds) * RATE).astype(np.int64)
    bits = np.array([1 if symbol == "~" else 0 for symbol in symbols])
    bits[[n for n, symbol in enumerate(symbols) if symbol == "~"][1:]] = 0  # the second ends it
    wfdb.wrann(
        "900", "atr", samples, list(symbols), subtype=bits, aux_note=notes, write_dir=str(folder)
    )


def test_it_works() -> None:
    span = Span(20.0, 40.0, FLUTTER)
    found = mark([marked(spans=(span,)), marked(measured=False)])
    assert share(found["tuned"].beats[GOOD]) == 0
    assert share(found["measured"].cells[FLUTTER]) >= 0.8
    assert share(found["measured"].cells[FLUTTER], "flutter") >= 0.6
    assert sum(found["measured"].cells[FLUTTER].values()) == 10


def test_noise_and_flutter_are_read_from_the_annotations_of_mitdb(tmp_path: Path) -> None:
    write_marks(tmp_path, "N~N~N[!]N", [1, 5, 6, 9, 12, 20, 21, 30, 40], [""] * 9)
    (lead,) = read_leads("mitdb", tmp_path)
    assert [(span.start_s, span.end_s, span.kind) for span in lead.spans] == [
        (5.0, 9.0, MARKED_NOISE),
        (20.0, 30.0, FLUTTER),
    ]
    assert lead.beats is not None
    assert len(lead.beats) == 4
    assert lead.kinds(np.array([4.0, 6.0, 25.0])).tolist() == [GOOD, MARKED_NOISE, FLUTTER]


def test_rhythms_are_read_from_the_notes_of_vfdb(tmp_path: Path) -> None:
    write_marks(tmp_path, "+++", [2, 10, 30], ["(N", "(VF", "(NOISE"])
    (lead,) = read_leads("vfdb", tmp_path)
    assert [(span.start_s, span.end_s, span.kind) for span in lead.spans] == [
        (0.0, 2.0, "-"),
        (2.0, 10.0, "N"),
        (10.0, 30.0, "VF"),
        (30.0, 60.0, "NOISE"),
    ]


def test_a_folder_without_records_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no record of svdb"):
        list(read_leads("svdb", tmp_path))


def test_a_lead_upside_down_is_counted() -> None:
    assert turn([marked()]) == {"tuned": [0] * 5, "measured": [1, 0, 0, 1, 1]}


def test_nothing_marked_has_no_share() -> None:
    assert np.isnan(share(Marking().cells.get("none", {})))


def test_the_area_is_that_of_pairs_in_order() -> None:
    assert area_under_curve(np.array([3.0, 4.0]), np.array([1.0, 2.0, 3.5])) == pytest.approx(5 / 6)
    assert area_under_curve(np.array([1.0]), np.array([2.0, 3.0])) == 1


def test_every_measure_has_a_value_a_cell() -> None:
    columns = read_columns(marked().trace, RATE)
    assert {"likeness", "agreement", "kSQI", "pSQI", "basSQI"} <= set(columns)
    assert {values.shape for values in columns.values()} == {(30,)}
    assert all(np.isfinite(values).all() for values in columns.values())


def test_tables_are_made_of_the_databases_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twelvelead.evaluation.signal_quality.marking.SEEDS", 1)
    write_marks(tmp_path, "NN", [1, 2], ["", ""])
    told = figures({"svdb": tmp_path})
    assert "| svdb | tuned | 2 | 0.00 |" in told
    assert "| white noise | 6 | 6 |" in told
