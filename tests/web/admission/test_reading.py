"""Decoding takes a slot and ends at the deadline; what nobody foresaw is a 422, and logged."""

import errno
import logging
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ecg.page.page import Page
from ecg.picture.encoded import PickedPage
from model_registry.errors import Busy
from model_registry.registry import read_registry
from tests.support.signals.signal_fakes import make_beats_app, recording
from tests.support.web.live import wait_for
from tests.support.web.web_fakes import FakePredictor, a_sample, form, make_app
from twelvelead.inference.gate.finding import Finding
from twelvelead.inference.resources.limits import FOREVER, Deadline
from twelvelead.inference.resources.machine import cores
from twelvelead.web.shown.shown_pictures import ShownPictures

READERS = ["/api/v1/frame", "/api/v1/traces", "/traces.csv"]
WORDS = "What was sent can't be read"


class Broken(FakePredictor):
    """A decoder that breaks off with `error`."""

    error: Exception = ZeroDivisionError("secret")

    def examine(self, data: bytes | PickedPage) -> tuple[Page, Finding]:
        del data
        raise self.error


@pytest.fixture
def app(models_dir: Path) -> Flask:
    return make_app(models_dir, Broken(read_registry(models_dir)))


def broken(client: FlaskClient, error: Exception) -> None:
    client.application.extensions["twelvelead"].predictor.error = error


def test_it_works(models_dir: Path) -> None:
    answer = make_app(models_dir).test_client().post(READERS[0], data=form())
    assert answer.status_code == 200


@pytest.mark.parametrize("place", READERS)
@pytest.mark.parametrize(
    "error",
    [RecursionError("secret"), MemoryError("secret"), zlib.error("secret"), KeyError("secret")],
)
def test_what_nobody_foresaw_is_told_and_logged_by_class_and_place(
    app: Flask, place: str, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    client = app.test_client()
    broken(client, error)
    with caplog.at_level(logging.DEBUG):
        answer = client.post(place, data=form())
    assert (answer.status_code, WORDS in answer.text) == (422, True)
    assert f"unforeseen {type(error).__name__} in test_reading.py:" in caplog.text
    assert "secret" not in answer.text + caplog.text


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_disk_is_no_fault_of_the_picture(app: Flask, number: int) -> None:
    client = app.test_client()
    broken(client, OSError(number, "secret"))
    answer = client.post("/api/v1/frame", data=form())
    assert (answer.status_code, "no room on this server's disk" in answer.text) == (503, True)


@contextmanager
def all_cores_taken(app: Flask) -> Iterator[None]:
    """Others compute on each of them."""
    with ExitStack() as stack:
        for _ in range(cores()):
            stack.enter_context(app.extensions["twelvelead"].predictor.slot(FOREVER))
        yield


def test_whatever_is_decoded_waits_for_a_core_until_the_deadline(tmp_path: Path) -> None:
    app = make_beats_app(tmp_path, deadline=1)
    client, picture = app.test_client(), f"/pictures/{a_sample(app)}"
    with all_cores_taken(app):
        told = [client.post(place, data=form()) for place in READERS]
        told.append(client.post("/api/v1/signals/predictions", data=recording()))
        told += [client.get(address) for address in (picture, f"{picture}/thumbnail")]
    assert {one.status_code for one in told} == {503}
    assert all("Too many pages" in one.text and one.headers["Retry-After"] for one in told)
    assert client.get(picture).status_code == 200


def test_a_picture_that_was_drawn_lately_needs_neither_core_nor_room(models_dir: Path) -> None:
    app = make_app(models_dir, admitted=1, deadline=1)
    client, picture = app.test_client(), f"/pictures/{a_sample(app)}"
    drawn = client.get(picture).data
    assert app.extensions["twelvelead"].admission.enter()
    with all_cores_taken(app):
        assert client.get(picture).data == drawn
    other = client.get(f"{picture}/thumbnail")
    assert (other.status_code, "Too many requests" in other.text) == (503, True)


def test_those_who_ask_for_a_picture_at_once_have_it_drawn_once() -> None:
    shown, began, drawn = ShownPictures(1000), threading.Event(), []

    def draw() -> bytes:
        drawn.append(1)
        assert began.wait(60)
        return b"picture"

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(shown.draw, ("a", "b"), draw, FOREVER) for _ in range(4)]
        wait_for(lambda: bool(drawn))
        with pytest.raises(Busy):
            shown.draw(("a", "b"), draw, Deadline(0.01))
        began.set()
        assert {one.result() for one in asked} == {b"picture"}
    assert len(drawn) == 1


def test_pictures_are_kept_within_a_bound_of_bytes() -> None:
    shown = ShownPictures(100)
    for number in range(5):
        shown.draw((str(number), ""), lambda: bytes(40), FOREVER)
    assert [shown.find((str(number), "")) is not None for number in range(5)] == [
        *(False, False, False),
        *(True, True),
    ]
    assert shown.draw(("large", ""), lambda: bytes(101), FOREVER) == bytes(101)
    assert shown.find(("large", "")) is None
