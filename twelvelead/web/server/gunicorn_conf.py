"""How gunicorn serves the app: one process of threads; the models run in it or in processes beside it."""

import multiprocessing
import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

from twelvelead.inference.resources.machine import read_machine
from twelvelead.web.server.capacity import Capacity, capacity_of
from twelvelead.web.server.logs import start_logging
from twelvelead.web.server.settings import Settings, SettingsError
from twelvelead.web.server.worker import Worker

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's memory disk, for the worker's heartbeat file
SPARE = 32  # threads beside those that may hold an admitted request
DESCRIPTORS = 4096  # where the machine allows them; each connection takes one, a model some
CONNECTIONS = 1000  # at once, most of them silent
ENDING = 2  # s for a framework's process that was told to end


def read_capacity() -> tuple[Settings, Capacity]:
    """What is set, and what follows. Raises SettingsError."""
    settings = Settings.from_environment(os.environ)
    return settings, capacity_of(settings, read_machine())


def count_threads() -> int:
    """A thread for each request that may be let in, and SPARE for those that must never wait for them.

    A thread is taken by a request once its head is there, before anybody can say whether there is
    room for it. With SPARE, refusals, probes and static files find one while all admitted requests run.
    """
    try:
        return read_capacity()[1].admitted + SPARE
    except SettingsError:
        return 1  # on_starting says what is wrong, and ends


def count_connections() -> int:
    """Connections at once: never more than there are descriptors for, after their limit was raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(CONNECTIONS, max(soft, wanted) // 2) if soft > 0 else CONNECTIONS


bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8080')}"
workers = 1  # a second one would hold every model a second time
worker_class = Worker
threads = count_threads()
worker_connections = count_connections()
limit_request_fields = 64
sendfile = False  # it would wait for a slow reader without end
preload_app = False  # a child forked after a framework has loaded hangs
timeout = 60  # s without a heartbeat of the worker, not of a request
graceful_timeout = 28  # s for what is being answered; the host must wait longer before it kills
keepalive = 5  # s
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
control_socket_disable = True  # nobody steers this server through a socket
accesslog = None  # addresses and paths of users aren't kept; web.server.logs writes a line each


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
    """All is answered: nothing that still runs in the background holds up the end, or spoils it.

    A thread that is inside a framework when the interpreter is taken down ends the process by abort,
    so the process leaves without taking it down.
    """
    worker.end_models(0)
    error = sys.exc_info()[1]
    if worker.booted and isinstance(error, SystemExit):
        for child in multiprocessing.active_children():
            child.join(ENDING)
        sys.stderr.flush()
        os._exit(error.code if isinstance(error.code, int) else 0)


def post_worker_init(worker: Any) -> None:
    """Says, once all entries are read, which models can't be used, and why; the others are served."""
    found = worker.wsgi.extensions["twelvelead"]
    worker.patience = found.settings.deadline
    found.stopping = lambda: not worker.alive
    worker.end_work = found.jobs.close

    def tell() -> None:
        for key, reason in found.predictor.registry.broken.items():
            worker.log.warning("The model %s is unavailable: %s", key, reason)

    threading.Thread(target=tell, name="tell broken models", daemon=True).start()
