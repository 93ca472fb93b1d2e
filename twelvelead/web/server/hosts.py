"""Under which names this server answers, so that no other site can be made to look like its own pages.

A site whose name is led to 127.0.0.1 after its page was loaded has, for the browser, the same origin
as this server: only the name in `Host` tells them apart (DNS rebinding).
"""

import ipaddress
import re

from flask import request

from twelvelead.web.server.errors import WrongHost
from twelvelead.web.server.services import services

HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{0,5})?")
PROBES = ("/livez", "/readyz")  # asked by address, whatever that is, and they tell nothing
LOCAL = "localhost"
ANY = "*"


def refuse_other_hosts() -> None:
    """Raises WrongHost for a name that this server does not answer to.

    Loopback names are always answered; others as TWELVELEAD_HOSTS says. Where it says nothing, any
    name is, except by a server that listens on loopback alone: that answers only to names without a
    dot, which no site on the Internet has. HTTP/1.0 needs no name.
    """
    given = request.environ.get("HTTP_HOST")
    if given is None or request.path in PROBES:
        return
    found = HOST.fullmatch(given)
    if found is None or not _is_ours(found["name"].lower().rstrip(".")):
        raise WrongHost(
            "This server does not answer to that name: open it as localhost, or start it with the "
            "name in TWELVELEAD_HOSTS."
        )


def _is_ours(name: str) -> bool:
    hosts = services().settings.hosts
    if is_loopback(name):
        return True
    if hosts:
        return fits(name, hosts)
    return name.replace("-", "").replace("_", "").isalnum() or not _listens_on_loopback()


def fits(name: str, hosts: tuple[str, ...]) -> bool:
    """Whether a name is one of `hosts`: itself, below `*.example.org`, or any for `*`."""
    return any(
        host in (ANY, name) or (host.startswith("*.") and name.endswith(host[1:])) for host in hosts
    )


def is_loopback(name: str) -> bool:
    """Whether a name, in small letters, means the machine that asks: localhost, 127.0.0.1, [::1]."""
    if name == LOCAL or name.endswith(f".{LOCAL}"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _listens_on_loopback() -> bool:
    """By the address that was connected to; behind a proxy's socket there is none."""
    environ = request.environ
    here, peer = str(environ.get("SERVER_NAME", "")), str(environ.get("REMOTE_ADDR") or "")
    return is_loopback(here.lower()) and is_loopback(peer)
