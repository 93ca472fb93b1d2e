"""web.server.hosts: which names are answered, so that no other site can pass for this one."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.web.live import ask
from tests.support.web.web_fakes import FAKE, form, make_app, served

OWN = ["localhost", "localhost:8080", "LOCALHOST.", "127.0.0.1:81", "[::1]:8080", "my.localhost"]
OTHERS = [
    "attacker.example",
    "attacker.example:8080",
    "localhost.attacker.example",
    "127.0.0.1.attacker.example",
    "10.0.0.1",
    "[::2]",
    "localhost@attacker.example",
    "localhost/attacker.example",
    "",
    "localhost:port",
]
PUBLIC = {"SERVER_NAME": "0.0.0.0", "REMOTE_ADDR": "192.0.2.7"}  # noqa: S104 - no socket is bound
SOCKET = {"SERVER_NAME": "attacker.example", "REMOTE_ADDR": ""}  # as gunicorn tells it


@pytest.fixture
def client(models_dir: Path) -> FlaskClient:
    return make_app(models_dir).test_client()


def status(client: FlaskClient, host: str, **environ: str) -> int:
    """That of a form of the page that a browser loaded from `host`."""
    answer = client.post(
        "/",
        data=form("all"),
        headers={"Host": host, "Origin": f"http://{host}"},
        environ_overrides=environ,
    )
    return answer.status_code


def test_it_works(client: FlaskClient) -> None:
    assert status(client, "localhost") == 200


@pytest.mark.parametrize("host", OWN)
def test_loopback_names_are_always_answered(models_dir: Path, host: str) -> None:
    for hosts in ("", "ecg.example.org"):
        client = make_app(models_dir, hosts=hosts).test_client()
        assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", OTHERS)
def test_a_server_on_loopback_answers_to_no_other_name(client: FlaskClient, host: str) -> None:
    for address in ("/", "/metrics", "/api/v1/models", "/static/app.js"):
        answer = client.get(address, headers={"Host": host})
        assert answer.status_code == 421
        assert "TWELVELEAD_HOSTS" in answer.text
        assert "attacker" not in answer.text
    assert status(client, host) == 421


@pytest.mark.parametrize("environ", [PUBLIC, SOCKET])
def test_a_server_for_everybody_answers_to_any_name_until_it_is_told_which(
    models_dir: Path, environ: dict[str, str]
) -> None:
    assert status(make_app(models_dir).test_client(), "attacker.example", **environ) == 200
    told = make_app(models_dir, hosts="ecg.example.org,*.example.net").test_client()
    found = [
        status(told, host, **environ)
        for host in ("attacker.example", "ecg.example.org:443", "a.b.example.net", "example.net")
    ]
    assert found == [421, 200, 200, 421]


def test_a_star_is_any_name(models_dir: Path) -> None:
    assert status(make_app(models_dir, hosts="*").test_client(), "attacker.example") == 200


def test_a_name_without_a_dot_is_of_this_network(client: FlaskClient, models_dir: Path) -> None:
    assert status(client, "my-laptop:8080") == 200
    told = make_app(models_dir, hosts="ecg.example.org").test_client()
    assert status(told, "my-laptop:8080") == 421


def test_probes_are_asked_by_any_name(client: FlaskClient) -> None:
    for address in ("/livez", "/readyz"):
        assert client.get(address, headers={"Host": "10.1.2.3"}).status_code == 200


def test_a_live_server_on_loopback_knows_that_it_is(tmp_path: Path) -> None:
    with served(tmp_path, FAKE) as server:
        assert ask(server.address, "/").status == 200
        assert ask(server.address, "/", headers={"Host": "attacker.example"}).status == 421
