"""Who waits for a thread: of requests that bring nothing only so many at once, and of one client fewer.

Such requests are let in anywhere and answered in milliseconds, but a thousand at once would have all
others wait for many seconds. Those that bring something have rooms of their own, in `web.admission`.
"""

import re
import threading
from collections import Counter
from collections.abc import Hashable

from twelvelead.web.server.clients import client_of

MOST, EACH = 100, 50  # together they take a second or two
LIGHT = re.compile(rb"(GET|HEAD) ")
PROBE = re.compile(rb"(GET|HEAD) /(livez|readyz)[ ?]")


class Waiting:
    """Room for MOST requests, EACH of one client, from their arrival until a thread takes them.

    header: that which tells a client's address, None where the connection does. Safe to use from many
    threads.
    """

    def __init__(self, header: str | None) -> None:
        name = re.escape(header.encode("ascii")) if header else None
        self._header = re.compile(rb"(?i)\r\n" + name + rb":([^\r\n]*)") if name else None
        self._clients: dict[Hashable, str] = {}
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def enter(self, request: Hashable, head: bytes, address: object) -> bool:
        """Takes a place, False where there is none; who brings something needs none."""
        if not LIGHT.match(head):
            return True
        client = self._client(head, address)
        with self._lock:
            if len(self._clients) >= MOST or self._counts[client] >= EACH:
                return False
            self._clients[request] = client
            self._counts[client] += 1
            return True

    def leave(self, request: Hashable) -> None:
        """Gives a place back, where one was taken."""
        with self._lock:
            client = self._clients.pop(request, None)
            if client is not None:
                self._counts[client] -= 1
                if not self._counts[client]:
                    del self._counts[client]

    def _client(self, head: bytes, address: object) -> str:
        if self._header is None:
            return client_of(str(address[0]) if isinstance(address, tuple) else "")
        found = self._header.search(head)
        return client_of(found[1].decode("latin-1") if found else "")
