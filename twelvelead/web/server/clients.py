"""Who asks, as far as that can be told: the address that shares are counted by. It is never logged."""

import ipaddress
from collections.abc import Mapping

FLY = "Fly-Client-IP"  # which Fly's proxy overwrites
HEADER = (
    "CLIENT_ADDRESS_HEADER"  # in the environment: the header that the proxy before us overwrites
)
SUBNET = 64  # bits that one household or one machine has of IPv6


def client_header(environ: Mapping[str, str]) -> str | None:
    """The header that tells a client's address, where something before this server makes sure of it.

    That is Fly's proxy on a machine of Fly's, else the one that whoever starts this server names; no
    header is believed otherwise, since anybody can send it.
    """
    if environ.get("FLY_APP_NAME"):
        return FLY
    return environ.get(HEADER) or None


def client_address() -> str:
    """That of this request, of IPv6 the subnet; one for all where nothing tells it."""
    from flask import request  # here: gunicorn's master, which answers nothing, stays small

    from twelvelead.web.server.services import services

    header = services().client_header
    given = request.headers.get(header, "") if header else request.environ.get("REMOTE_ADDR")
    return client_of(given or "")


def client_of(address: str) -> str:
    """An address as clients are counted: of IPv6 its subnet; empty for what is no address."""
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found.packed, SUBNET), strict=False))
