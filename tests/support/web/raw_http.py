"""Requests byte for byte, as no well-behaved client would send them."""

import re
import socket
from typing import NamedTuple

PATIENCE = 60  # s
HOST = "Host: 127.0.0.1\r\n"
FORM = "Content-Type: multipart/form-data; boundary=edge\r\n"


class Said(NamedTuple):
    """All that a server said on one connection until it hung up."""

    text: str

    @property
    def statuses(self) -> list[int]:
        return [int(found) for found in re.findall(r"HTTP/1\.1 (\d{3})", self.text)]

    @property
    def connection(self) -> list[str]:
        return re.findall(r"\r\nConnection: ([\w-]+)", self.text)

    def header(self, name: str) -> str | None:
        found = re.search(rf"\r\n{name}: ([^\r]*)", self.text)
        return found[1] if found else None


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    """A connection from one of this machine's loopback addresses."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(source, 0))


def say(port: int, request: str) -> Said:
    """What comes back until the server hangs up; fails where it does not."""
    with connect(port) as connection:
        connection.sendall(request.encode("latin-1"))
        return hear(connection)


def hear(connection: socket.socket) -> Said:
    """What comes on a connection until the server hangs up, rudely or not."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return Said(b"".join(parts).decode("latin-1"))


def post(path: str, *headers: str, body: str = "") -> str:
    """A POST with these headers, as text."""
    more = "".join(f"{one}\r\n" for one in headers)
    return f"POST {path} HTTP/1.1\r\n{HOST}{FORM}{more}\r\n{body}"


def chunked(path: str, *chunks: str) -> str:
    """A POST whose body is sent as it is given, said to be in chunks."""
    return post(path, "Transfer-Encoding: chunked", body="".join(chunks))
