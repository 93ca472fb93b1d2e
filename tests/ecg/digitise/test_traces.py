"""ecg.digitise.traces: a table of all leads on one clock, empty where the page shows nothing."""

import numpy as np

from ecg.digitise.traces import Trace, Traces

TWO = Traces(
    4,
    1.0,
    (
        Trace("I", 0.0, np.array([0.1, -0.20004], np.float32)),
        Trace("V1", 0.5, np.array([1.0, 2.0], np.float32)),
    ),
    None,
)


def test_leads_share_one_clock() -> None:
    table = TWO.table()

    assert table.dtype == np.float32
    assert np.isnan(table).tolist() == [[False, False, True, True], [True, True, False, False]]
    assert TWO.leads == ("I", "V1")


def test_the_csv_has_empty_cells_where_a_lead_is_not_shown() -> None:
    assert TWO.to_csv() == (
        "time_s,I,V1\n0.000,0.1000,\n0.250,-0.2000,\n0.500,,1.0000\n0.750,,2.0000\n"
    )
