"""How gunicorn serves the app: one process of threads; the models run in it or in processes beside it."""

import multiprocessing
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from inference.machine import read_machine
from web.capacity import Capacity, capacity_of
from web.logs import start_logging
from web.settings import Settings, SettingsError

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's memory disk, for the worker's heartbeat file
LAST_WORDS = 4  # s before the end, in which those who still wait for a model are told so
SPARE = 32  # threads beside those that may hold an admitted request


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's threads, but the thread that takes connections never waits for a client."""

    def set_accept_enabled(self, enabled: bool) -> None:
        """Once told to end, refuses new connections instead of leaving them in a queue until it has."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()
            self.end_models(max(0, self.cfg.graceful_timeout - LAST_WORDS))

    def end_models(self, seconds: float) -> None:
        """Ends the frameworks' processes after `seconds`: nobody waits for them, none outlives this one."""

        def end() -> None:
            time.sleep(seconds)
            while True:  # who waited behind another starts one more
                for child in multiprocessing.active_children():
                    child.terminate()
                time.sleep(0.1)

        threading.Thread(target=end, name="end models", daemon=True).start()

    def handle(self, conn: TConn) -> Any:
        """Answers a request; waits here, not where connections are taken, until the client has closed."""
        kept = super().handle(conn)
        if not kept:
            conn.close(graceful=True)
            conn.close = lambda **_: None  # gunicorn closes again, and counts an error as one more
        return kept


def read_capacity() -> tuple[Settings, Capacity]:
    """What is set, and what follows. Raises SettingsError."""
    settings = Settings.from_environment(os.environ)
    return settings, capacity_of(settings, read_machine())


def count_threads() -> int:
    """A thread for each request that may be let in, and SPARE for those that must never wait for them.

    A thread is taken by a request from its first byte, before anybody can say whether there is room
    for it. With SPARE, refusals, probes and static files find a thread while all admitted requests run.
    """
    try:
        return read_capacity()[1].admitted + SPARE
    except SettingsError:
        return 1  # on_starting says what is wrong, and ends


bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8080')}"
workers = 1  # a second one would hold every model a second time
worker_class = Worker
threads = count_threads()
preload_app = False  # a child forked after a framework has loaded hangs
timeout = 60  # s without a heartbeat of the worker, not of a request
graceful_timeout = 28  # s for what is being answered; the host must wait longer before it kills
keepalive = 5  # s
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
control_socket_disable = True  # nobody steers this server through a socket
accesslog = None  # addresses and paths of users aren't kept; web/logs.py writes a line a request


def on_starting(server: Any) -> None:
    """Ends with one sentence where a setting can't be used, before any worker starts."""
    try:
        settings, capacity = read_capacity()
    except SettingsError as error:
        server.log.error("%s", error)
        sys.exit(1)
    start_logging(settings.log)
    server.log.info("%s", capacity.in_words())


def worker_exit(server: Any, worker: Worker) -> None:  # noqa: ARG001 - gunicorn names them
    """All is answered: a model that is still being loaded must not hold up the end."""
    worker.end_models(0)


def post_worker_init(worker: Any) -> None:
    """Says, once all entries are read, which models can't be used, and why; the others are served."""
    found = worker.wsgi.extensions["twelvelead"]
    found.stopping = lambda: not worker.alive

    def tell() -> None:
        for key, reason in found.predictor.registry.broken.items():
            worker.log.warning("The model %s is unavailable: %s", key, reason)

    threading.Thread(target=tell, name="tell broken models", daemon=True).start()
