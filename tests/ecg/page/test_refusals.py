"""What nginx says by itself: the app's sentences, titles and headers, for every status that it has."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest

from container import supervise
from tests.container.test_container import TEMPLATE, UPLOADS, nginx
from tests.support.project import ROOT
from twelvelead.web.server.errors import SENTENCES, TOO_LARGE_RECORDING
from twelvelead.web.server.headers import HEADERS
from twelvelead.web.server.security import MAX_REQUEST, MAX_SIGNAL_REQUEST
from twelvelead.web.server.worker import STATUS

RECORDING_PATHS = ("/signals", "/api/v1/signals/predictions", "/predict")
REFUSALS = (ROOT / "container" / "refusals.lua").read_text("utf-8")


def test_nginx_takes_a_little_more_than_the_app() -> None:
    sizes, lua = nginx("client_max_body_size"), re.findall(r"largest = (\d+)", UPLOADS)
    assert lua == sizes[:2]
    for most, limit in zip(sizes[:2], (MAX_REQUEST, MAX_SIGNAL_REQUEST), strict=True):
        assert limit < int(most) <= limit * 1.01
    assert sizes[2] == sizes[1], "of the address that takes either"
    assert sizes[3:] == ["1", "1", "0", "0"], (
        "probes bring nothing; what was refused is not measured again"
    )


def test_nginx_refuses_with_the_sentences_titles_and_headers_of_the_app() -> None:
    said = dict(re.findall(r"\[(\d+)\] = \"([^\"]+\.)\"", REFUSALS))
    for status in (400, 405, 408, 413):
        assert said[str(status)] == SENTENCES[status]
    for _, code, detail in STATUS:
        assert said.get(str(code), detail) in (detail, SENTENCES.get(code))
    assert TOO_LARGE_RECORDING in REFUSALS
    assert all(f'path == "{path}"' in REFUSALS for path in RECORDING_PATHS)
    titles = re.findall(r"\[(\d+)\] = \"([^\"]+[^.])\"", REFUSALS)
    assert len(titles) > 8
    for number, title in titles:
        assert title == HTTPStatus(int(number)).phrase
    joined = REFUSALS.replace('"\n        .. "', "")
    for name, value in HEADERS.items():
        assert f'["{name}"] = "{value}"' in joined


def test_every_status_of_nginx_itself_has_its_sentence() -> None:
    (first, head) = nginx("error_page")
    known = re.findall(r"^    \[(\d+)\]", REFUSALS, re.MULTILINE)
    assert set(first.split()[:-1]) - {"502", "504"} <= set(known)
    assert head == "494 =431 /refused"


def test_everything_the_template_asks_for_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = set(re.findall(r"\$\{([A-Z_]+)\}", TEMPLATE))
    assert names == {*supervise.derive(tmp_path), *supervise.DEFAULTS}
    assert supervise.derive(tmp_path)["CLIENT"] == "$remote_addr", "anybody sends Fly's header"
    monkeypatch.setenv("FLY_APP_NAME", "twelvelead")
    assert supervise.derive(tmp_path)["CLIENT"] == "$http_fly_client_ip"
