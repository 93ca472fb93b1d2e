"""web.server.capacity: what follows from the machine where nothing is set; what it has not is refused."""

import pytest

from twelvelead.inference.resources.limits import Limits
from twelvelead.inference.resources.machine import Machine
from twelvelead.web.server.capacity import BYTES_A_VALUE, Capacity, capacity_of, in_bytes, limits_of
from twelvelead.web.server.security import MAX_SIGNAL_REQUEST
from twelvelead.web.server.settings import Settings, SettingsError

GB, MB = 10**9, 10**6
MACHINE = Machine(cores=4, memory=8 * GB)


def test_it_works() -> None:
    found = capacity_of(Settings(), MACHINE)
    assert found == Capacity(MACHINE, runs=4, threads=1, model_memory=4 * GB, admitted=128)


@pytest.mark.parametrize(
    ("runs", "threads", "expected"),
    [
        (1, 0, (1, 4)),
        (3, 0, (3, 1)),
        (0, 2, (2, 2)),
        (0, 3, (1, 3)),
        (2, 2, (2, 2)),
        (1, 1, (1, 1)),
    ],
)
def test_what_is_left_out_follows_from_the_cores(
    runs: int, threads: int, expected: tuple[int, int]
) -> None:
    found = capacity_of(Settings(runs=runs, threads=threads), MACHINE)
    assert (found.runs, found.threads) == expected


@pytest.mark.parametrize(("runs", "threads", "all_of_them"), [(2, 3, 6), (5, 0, 5), (0, 5, 5)])
def test_more_threads_than_cores_are_refused_with_both_numbers(
    runs: int, threads: int, all_of_them: int
) -> None:
    with pytest.raises(SettingsError, match=f"= {all_of_them} threads, more than the 4 cores"):
        capacity_of(Settings(runs=runs, threads=threads), MACHINE)


def test_more_memory_than_there_is_is_refused_with_both_numbers() -> None:
    with pytest.raises(SettingsError, match=r"MODEL_MEMORY is 9\.0 GB, more than the 8\.0 GB"):
        capacity_of(Settings(model_memory=9 * GB), MACHINE)


def test_what_is_set_counts() -> None:
    found = capacity_of(Settings(runs=1, model_memory=GB, admitted=3), MACHINE)
    assert (found.model_memory, found.admitted) == (GB, 3)


def test_eight_requests_are_let_in_at_least() -> None:
    assert capacity_of(Settings(), Machine(1, GB)).admitted == 32


def test_the_predictor_gets_the_same() -> None:
    settings = Settings(runtime="onnx", native_idle=5, answers_kept=0)
    assert limits_of(settings, capacity_of(settings, MACHINE)) == Limits(
        runs=4, threads=1, model_memory=4 * GB, runtime="onnx", native_idle=5, answers_kept=0
    )


@pytest.mark.parametrize(
    ("machine", "runs"),
    [(Machine(2, GB), 1), (Machine(1, 800 * MB), 0), (MACHINE, 0), (Machine(64, 64 * GB), 0)],
)
def test_all_parts_together_fit_into_the_memory(machine: Machine, runs: int) -> None:
    found = capacity_of(Settings(runs=runs), machine)
    assert found.without_models + found.model_memory <= machine.memory
    assert found.model_memory > 100 * MB
    assert found.run_memory >= found.values * BYTES_A_VALUE
    assert "more than there is" not in found.in_words()


def test_a_small_machine_reads_a_day_of_one_lead_and_a_large_one_no_more_than_50_million() -> None:
    day = 24 * 3600 * 200
    assert capacity_of(Settings(runs=1), Machine(2, GB)).values > day
    assert capacity_of(Settings(), Machine(2, 64 * GB)).values == 50_000_000


@pytest.mark.parametrize("memory", [256 * MB, GB, 8 * GB, 64 * GB])
def test_uploads_have_room_for_one_of_the_largest_size(memory: int) -> None:
    found = capacity_of(Settings(), Machine(1, memory))
    assert MAX_SIGNAL_REQUEST <= found.upload_memory <= max(51 * MB, memory // 10)


def test_too_little_memory_is_told() -> None:
    told = capacity_of(Settings(), Machine(1, 300 * MB)).in_words()
    assert "all of that at once needs 632 MB, more than there is" in told
    assert "fewer TWELVELEAD_RUNS" in told


def test_it_is_one_sentence() -> None:
    assert capacity_of(Settings(), Machine(1, 900_000_000)).in_words() == (
        "1 core and 900 MB of memory may be used: 1 run at once of 1 thread, each in 200 MB, "
        "models in 171 MB, uploads in 75 MB, kept recordings of at most 19 million values in "
        "129 MB, 32 requests admitted at once."
    )


def test_bytes_are_told_as_people_read_them() -> None:
    assert [in_bytes(count) for count in (512_000_000, GB, 25_300_000_000)] == [
        "512 MB",
        "1.0 GB",
        "25.3 GB",
    ]


def test_no_more_memory_is_counted_on_than_is_set_or_there() -> None:
    set_lower = capacity_of(Settings(memory=1 * GB), MACHINE)
    assert set_lower == capacity_of(Settings(), Machine(cores=4, memory=1 * GB))
    assert capacity_of(Settings(memory=64 * GB), MACHINE) == capacity_of(Settings(), MACHINE)
