"""Training sees beats drawn a little otherwise each time, and as many of each class as it asks for."""

from dataclasses import replace

import numpy as np
import pytest

from ecg.beats.beats import Beats
from ecg.beats.drawing import DRAWING
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.records import BeatRecord
from twelvelead.training.batches.drawings import CONTEXT, Variation
from twelvelead.training.batches.draws import DrawnBeats, Draws, Schedule
from twelvelead.training.batches.marked_beats import LEFT_OUT, MarkedBeats

PLAN = Schedule((8, 4, 0), 1, 5, 1e-3, 1e-3, 0.0, 0.0, 1.0, 1.0, spread=0.5, seed=0)
PREPROCESSING = Preprocessing((32, 48), "grey", "imagenet", 3)
VARIATION = Variation(DRAWING, PREPROCESSING)
AT = np.arange(CONTEXT.length)


def beat(width: float) -> np.ndarray:
    return np.exp(-0.5 * ((AT - CONTEXT.before) / width) ** 2).astype(np.float32)


def drawn(targets: list[int], owners: list[str]) -> DrawnBeats:
    contexts = np.stack([beat(3 + 10 * target) for target in targets])
    return DrawnBeats(contexts, np.array(targets), np.array(owners))


def seen(draws: Draws) -> np.ndarray:
    return np.concatenate([targets for _, targets in draws.epoch()])


def test_it_works() -> None:
    draws = Draws(drawn([0, 0, 1], ["a", "b", "a"]), VARIATION, PLAN)
    batches = list(draws.epoch())

    assert [len(targets) for _, targets in batches] == [5, 5, 2]
    assert draws.steps == 3
    assert batches[0][0].shape == (5, *PREPROCESSING.size)
    assert batches[0][0].dtype == np.uint8
    assert np.bincount(np.concatenate([t for _, t in batches])).tolist() == [8, 4]


def test_a_class_that_is_not_there_is_not_drawn() -> None:
    assert set(seen(Draws(drawn([0, 0], ["a", "b"]), VARIATION, PLAN))) == {0}


def test_the_same_seed_draws_the_same_and_the_next_epoch_others() -> None:
    beats = drawn([0, 0, 1], ["a", "b", "a"])
    draws, again = (Draws(beats, VARIATION, PLAN) for _ in range(2))
    first = next(draws.epoch())[0]

    assert np.array_equal(first, next(again.epoch())[0])
    assert not np.array_equal(first, next(draws.epoch())[0])


def test_a_record_with_many_beats_is_drawn_less_than_in_proportion() -> None:
    beats = drawn([0] * 101, ["many"] * 100 + ["one"])
    shares = [Draws(beats, VARIATION, replace(PLAN, spread=s)).chances[0][-1] for s in (0, 0.5, 1)]

    assert shares == pytest.approx([1 / 2, 1 / 11, 1 / 101])


def test_logits_are_put_right_for_the_draw() -> None:
    beats = drawn([0] * 6 + [1] * 2, ["a"] * 8)
    found = replace(PLAN, per_epoch=(4, 4)).correction(beats, 1.0)

    assert found[0] - found[1] == pytest.approx(np.log(3))


def test_beats_that_are_left_out_are_not_trained_on() -> None:
    places = np.array([400, 800, 1200])
    record = BeatRecord(
        "100", "MLII", Beats(np.zeros(2000, np.float32), 360.0, places), np.array(["N"] * 3)
    )
    found = DrawnBeats.of([MarkedBeats(record, np.array([0, LEFT_OUT, 1]))])

    assert found.contexts.shape == (2, CONTEXT.length)
    assert found.targets.tolist() == [0, 1]
    assert found.owners.tolist() == ["100", "100"]


def test_variants_of_a_beat_differ() -> None:
    context, rng = beat(3), np.random.default_rng(0)

    assert len({VARIATION.draw(context, rng).tobytes() for _ in range(5)}) == 5


def test_r_stays_near_its_place_however_it_is_varied() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        picture = VARIATION.draw(beat(3), rng)
        rows = np.arange(len(picture))[:, None]
        highest = np.where(picture < picture.max() - 30, rows, len(picture)).min(axis=0)
        assert abs(int(highest.argmin()) - PREPROCESSING.size[1] // 2) <= 10
