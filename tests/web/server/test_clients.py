"""web.server.clients: who asks, told by the connection or by a header that only our own proxy can set."""

from pathlib import Path

import pytest

from app import create_app
from model_registry.registry import read_registry
from tests.support.web.web_fakes import FakePredictor
from twelvelead.web.server.clients import client_address

SENT = {"Fly-Client-IP": "198.51.100.1", "X-Client-Address": "198.51.100.2"}
FORWARDED = {"X-Forwarded-For": "198.51.100.3"}
PROXY = {"CLIENT_ADDRESS_HEADER": "X-Client-Address"}


def told(models: Path, config: dict[str, str], headers: dict[str, str], peer: str) -> str:
    """Who asks, by an app that was started with `config`."""
    app = create_app(config, FakePredictor(read_registry(models)))
    with app.test_request_context(headers=headers, environ_base={"REMOTE_ADDR": peer}):
        return client_address()


def test_it_works(models_dir: Path) -> None:
    assert told(models_dir, {}, {}, "192.0.2.7") == "192.0.2.7"


def test_no_header_is_believed_unless_something_makes_sure_of_it(models_dir: Path) -> None:
    assert told(models_dir, {}, SENT | FORWARDED, "192.0.2.7") == "192.0.2.7"
    assert told(models_dir, PROXY, SENT | FORWARDED, "") == "198.51.100.2"
    assert told(models_dir, {"FLY_APP_NAME": "x"}, SENT | FORWARDED, "") == "198.51.100.1"
    assert told(models_dir, {"FLY_APP_NAME": "x"} | PROXY, SENT, "") == "198.51.100.1"


@pytest.mark.parametrize("peer", ["", "unix:", "a name"])
def test_who_can_not_be_told_apart_shares_one_share(models_dir: Path, peer: str) -> None:
    assert told(models_dir, {}, {}, peer) == ""
    assert told(models_dir, PROXY, {}, "192.0.2.7") == ""


def test_a_subnet_of_ipv6_is_one_client(models_dir: Path) -> None:
    ones = {told(models_dir, {}, {}, f"2001:db8:1:2::{n:x}") for n in range(1, 20)}
    assert ones == {"2001:db8:1:2::/64"}
    assert told(models_dir, {}, {}, "::ffff:192.0.2.7") == "192.0.2.7"
