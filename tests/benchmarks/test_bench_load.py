"""benchmarks.measures.load: what the load generator says, counted; a failed request is never a fast one."""

import shutil
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError, NotMeasured
from benchmarks.measures import load
from benchmarks.measures.load import Load, TimedAnswer, middle_ms, percentile_ms, read_answers, send
from benchmarks.setups.servers import serving
from tests.support.benchmarks.bench_fakes import answering

TOLD = """response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset
0.5000,0.0003,0.0000,0.0016,0.0097,0.0001,200,0.0000
0.0100,0.0002,0.0000,0.0011,0.0110,0.0000,503,0.2500
1.0000,0.0002,0.0000,0.0011,0.0110,0.0000,200,1.0000
"""


def test_it_works() -> None:
    found = Load(tuple(read_answers(TOLD.splitlines())), sent=3, cost=0.1)

    assert found.seconds == 2.0
    assert found.per_second == 1.0
    assert (found.times(200), found.times(503)) == ([0.5, 1.0], [0.01])


def test_a_refused_request_spoils_a_load_that_demands_all() -> None:
    found = Load(tuple(read_answers(TOLD.splitlines())), sent=3, cost=0.1)

    with pytest.raises(NotMeasured, match="1 of 3 requests ended with status 503"):
        found.demand_all()


def test_a_request_without_an_answer_is_counted_by_what_was_sent() -> None:
    found = Load((TimedAnswer(200, 0.1, 0.0),), sent=2, cost=0.0)

    with pytest.raises(NotMeasured, match="1 of 2 requests ended without an answer"):
        found.demand_all()


def test_no_answer_has_no_median() -> None:
    with pytest.raises(NotMeasured):
        middle_ms([])
    with pytest.raises(NotMeasured):
        percentile_ms([], 95)


def test_percentiles_are_in_milliseconds() -> None:
    assert percentile_ms([number / 1000 for number in range(101)], 95) == pytest.approx(95)
    assert percentile_ms([0.02], 95) == 20
    assert middle_ms([0.01, 0.02, 0.09]) == 20


def test_a_missing_load_generator_is_one_sentence_that_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "TOOL", "no-such-load-generator")
    with pytest.raises(BenchmarkError, match="apt-get install hey"):
        load.find_tool()


@pytest.mark.skipif(not shutil.which(load.TOOL), reason="needs hey on the PATH")
def test_real_requests_are_sent_and_counted(tmp_path: Path) -> None:
    with serving(answering(tmp_path), tmp_path, 30) as running:
        found = send(running.address, running.system.body, 10, 4).demand_all()

    assert found.sent == 8
    assert found.per_second > 0
