"""Annotations are those that the wfdb library reads, whatever stands in the file ends, and soon."""

import struct
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecg.errors import UnreadableSignal
from ecg.signal.read_signal import read_signal
from ecg.signal.wfdb.annotations import read_annotations
from tests.support.signals.wfdb_files import INDICES, SYMBOLS, Files, write

NOTE, SKIP, NUM, SUB, CHN, AUX = 22, 59, 60, 61, 62, 63
END = b"\0\0"


def word(code: int, rest: int = 0) -> bytes:
    return struct.pack("<H", code << 10 | rest)


def text(words: str) -> bytes:
    """An AUX field."""
    data = words.encode()
    return word(AUX, len(data)) + data + b"\0" * (len(data) % 2)


def note(words: str) -> bytes:
    """A note at the sample of the annotation before it, at 0 for the first."""
    return word(NOTE) + text(words)


def beats(count: int = 3) -> bytes:
    return word(1, 100) * count


def library(data: bytes, folder: Path) -> tuple[list[int], list[str]]:
    (folder / "r.atr").write_bytes(data)
    found = wfdb.rdann(str(folder / "r"), "atr")
    return found.sample.tolist(), list(found.symbol)


def ours(data: bytes) -> tuple[list[int], list[str]]:
    found = read_annotations(data)
    return found.indices.tolist(), list(found.symbols)


def written(folder: Path, indices: Sequence[int], symbols: list[str], **fields: object) -> bytes:
    wfdb.wrann("w", "atr", np.array(indices), symbols, write_dir=str(folder), **fields)
    return (folder / "w.atr").read_bytes()


def test_it_works(tmp_path: Path) -> None:
    data = write(tmp_path / "written", "16")["r1.atr"]

    assert ours(data) == (INDICES, SYMBOLS) == library(data, tmp_path)


def test_every_symbol_is_the_library_s(tmp_path: Path) -> None:
    symbols = [label.symbol for label in wfdb.io.annotation.ann_labels if label.label_store]
    indices = [10 + 500 * place for place in range(len(symbols))]
    data = written(tmp_path, indices, symbols)

    assert ours(data) == (indices, symbols) == library(data, tmp_path)


def test_all_fields_of_an_annotation_are_passed_over(tmp_path: Path) -> None:
    count = 260
    dice = np.random.default_rng(3)
    indices = np.cumsum(dice.integers(0, 5000, count)) + 1
    data = written(
        tmp_path,
        indices.tolist(),
        dice.choice(list('NVAFQ+~|"'), count).tolist(),
        subtype=dice.integers(-5, 5, count),
        chan=dice.integers(0, 12, count),
        num=dice.integers(0, 9, count),
        aux_note=["x" * min(length, 255) for length in range(count)],
        fs=360,
    )

    assert ours(data) == library(data, tmp_path)
    assert len(ours(data)[0]) == count


@pytest.mark.parametrize("seed", range(30))
def test_random_files_are_read_as_the_library_reads_them(tmp_path: Path, seed: int) -> None:
    dice = np.random.default_rng(seed)
    parts = []
    for _ in range(200):
        if dice.random() < 0.3:
            parts.append(
                word(SKIP) + struct.pack("<HH", dice.integers(0, 3), dice.integers(0, 65536))
            )
        parts.append(word(int(dice.choice([1, 5, 8, 14, 22, 28, 41])), int(dice.integers(0, 1024))))
        codes = dice.permutation([NUM, SUB, CHN])[: dice.integers(0, 4)].tolist()
        parts += [word(code, int(dice.integers(0, 256))) for code in codes]
        if dice.random() < 0.3:
            parts.append(text("".join(map(chr, dice.integers(32, 127, dice.integers(0, 30))))))
    data = b"".join([word(1, 3), *parts, END])

    assert ours(data) == library(data, tmp_path)


def test_time_that_goes_back_is_the_library_s(tmp_path: Path) -> None:
    data = word(1, 900) + word(SKIP) + struct.pack("<HH", 0xFFFF, 0xFF38) + word(5, 0) + END

    assert ours(data) == ([900, 700], ["N", "V"]) == library(data, tmp_path)


def test_words_that_stand_for_no_annotation_move_time_on(tmp_path: Path) -> None:
    data = word(1, 100) + word(0, 200) + word(5, 50) + END

    assert ours(data) == ([100, 350], ["N", "V"]) == library(data, tmp_path)


@pytest.mark.parametrize("rate", ["360", "250.5"])
def test_the_note_of_the_time_resolution_is_no_annotation(tmp_path: Path, rate: str) -> None:
    data = note(f"## time resolution: {rate}") + beats() + END

    assert ours(data) == ([100, 200, 300], ["N"] * 3) == library(data, tmp_path)


@pytest.mark.parametrize(
    "notes",
    [
        ["## hello"],
        ["## time resolution: 360", "## time resolution: 360"],
        ["## time resolution: 360", "## hello", "## time resolution: 250"],
        ["## "],
        ["## time resolution: abc"],
        ["## annotation type definitions"],
        ["## annotation type definitions", "## annotation type definitions"],
        ["## end of definitions", "## annotation type definitions", "nonsense"],
    ],
)
def test_a_record_with_notes_that_never_end_is_read(notes: list[str]) -> None:
    """The wfdb library looks for ever for the end of some of these, and stumbles over the others."""
    data = b"".join(map(note, notes)) + beats() + END

    assert ours(data) == ([100, 200, 300], ["N"] * 3)


def test_such_a_record_is_read_as_a_whole(tmp_path: Path) -> None:
    files: Files = write(tmp_path / "written", "16") | {"r1.atr": note("## hello") + beats() + END}

    reference = read_signal(files).reference

    assert reference is not None
    assert reference.indices.tolist() == [100, 200, 300]


def test_symbols_that_a_file_defines_are_the_library_s(tmp_path: Path) -> None:
    data = written(
        tmp_path,
        [5, 105, 205],
        ["N", "$", "&"],
        custom_labels=[(42, "$", "a thing"), (43, "&", "another thing")],
    )

    assert ours(data) == ([5, 105, 205], ["N", "$", "&"]) == library(data, tmp_path)


def test_a_code_without_a_symbol_is_told_by_its_number() -> None:
    data = word(15, 5) + word(17, 5) + word(42, 5) + word(49, 5) + END

    assert ours(data) == ([5, 10, 15, 20], ["[15]", "[17]", "[42]", "[49]"])


def test_what_stands_after_the_end_is_not_read() -> None:
    assert ours(beats(2) + END + word(5, 100) + word(AUX, 255)) == ([100, 200], ["N", "N"])


def test_a_file_without_an_end_is_read_to_its_last_word() -> None:
    assert ours(beats(2)) == ([100, 200], ["N", "N"])


def test_a_file_of_nothing_has_no_annotations() -> None:
    assert ours(b"") == ours(END) == ([], [])


@pytest.mark.parametrize(
    "data",
    [
        beats() + b"\1",
        beats() + word(AUX, 4) + b"ab",
        beats() + word(AUX, 1),
        beats() + word(SKIP),
        beats() + word(SKIP) + b"\0\0",
        word(AUX, 2) + b"ab" + beats() + END,
        word(SUB, 1) + beats() + END,
        word(50, 10) + END,
        word(58, 10) + END,
    ],
)
def test_what_does_not_follow_the_format_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableSignal, match=r"^The \.atr file is damaged: leave it out"):
        read_annotations(data)


@pytest.mark.parametrize(
    "row",
    [
        word(1, 20),
        word(1, 20) + text("(N"),
        word(SKIP) + struct.pack("<HH", 0, 20) + word(1),
        word(1, 20) + word(AUX),
        word(1, 20) + word(SUB, 1) + word(CHN, 1) + word(NUM, 1),
        note("## annotation type definitions"),
    ],
)
def test_three_megabytes_take_a_moment(row: bytes) -> None:
    data = row * ((3_000_000 - 2) // len(row)) + END
    begun = time.process_time()

    read_annotations(data)

    assert time.process_time() - begun < 1.0, "s; the wfdb library takes 4"


def test_reading_stops_where_nobody_waits_any_more() -> None:
    def check() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        read_annotations(beats() + text("x") + END, check)
