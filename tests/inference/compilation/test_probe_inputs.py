"""Pages and beats that forms of a model are held to: the same each time, of every finding."""

import numpy as np

from ecg.simulate.twelve_leads import FINDINGS
from twelvelead.inference.compilation.probe_inputs import draw_beats, draw_pages


def test_it_works() -> None:
    found = list(draw_beats())
    assert len(found) == sum(len(some) for some in FINDINGS.values())
    for beats in found:
        assert beats.trace.shape == (5000,)
        assert beats.rate == 500.0
        assert len(beats) >= 5, "even a slow heart"


def test_the_beats_stand_where_the_deflections_are() -> None:
    for beats in draw_beats():
        assert (np.diff(beats.indices) > 0).all()
        whole = [p for p in beats.indices if 50 <= p < 4950]
        near = [np.ptp(beats.trace[p - 40 : p + 40]) for p in whole]
        assert min(near) > 0.3, "mV, within 80 ms"


def test_they_are_the_same_each_time() -> None:
    for one, other in zip(draw_beats(), draw_beats(), strict=True):
        np.testing.assert_array_equal(one.trace, other.trace)
        np.testing.assert_array_equal(one.indices, other.indices)


def test_pages_are_of_every_finding_in_turn() -> None:
    pages = list(draw_pages(3))
    assert len({page.sha256 for page in pages}) == 3
    assert [page.sha256 for page in draw_pages(2)] == [page.sha256 for page in pages[:2]]
