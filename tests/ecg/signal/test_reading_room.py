"""Recordings that are classified while their clients wait share a part of the memory."""

import pytest
from flask import Flask

from tests.support.signals.signal_fakes import CSV, make_beats_app, recording
from twelvelead.web.admission.admission import MemoryRoom
from twelvelead.web.admission.reading import COPIES

ADDRESS = "/api/v1/signals/predictions"
SAMPLES = 4 * 10_800  # bytes of the recording: 30 s at 360 Hz, float32


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return make_beats_app(tmp_path_factory.mktemp("room"))


def test_it_works(app: Flask) -> None:
    assert app.test_client().post(ADDRESS, data=recording()).status_code == 200
    assert app.extensions["twelvelead"].signals.held == 0


@pytest.mark.parametrize("address", [ADDRESS, "/predict"])
def test_what_has_no_room_beside_others_is_to_come_back(
    app: Flask, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = MemoryRoom(COPIES * SAMPLES + 99)
    monkeypatch.setattr(app.extensions["twelvelead"], "signals", room)
    assert room.enter(100)  # of another
    answer = app.test_client().post(address, data=recording(CSV))
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert room.held == 100
    room.leave(100)
    assert app.test_client().post(address, data=recording(CSV)).status_code == 200


def test_one_alone_may_be_larger_than_the_room(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.extensions["twelvelead"], "signals", MemoryRoom(1))
    assert app.test_client().post(ADDRESS, data=recording(CSV)).status_code == 200


def test_nothing_is_held_for_a_recording_that_is_refused(app: Flask) -> None:
    assert app.test_client().post(ADDRESS, data=recording(b"a,b\n1,2\n")).status_code == 422
    assert app.extensions["twelvelead"].signals.held == 0
