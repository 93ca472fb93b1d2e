"""How gunicorn serves the app: one process of threads; the models run in processes beside it."""

import os
import sys
from pathlib import Path
from typing import Any

from web.settings import Settings, SettingsError

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's memory disk, for the worker's heartbeat file

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8080')}"
workers = 1  # a second one would hold every model a second time
worker_class = "gthread"
threads = 8  # they wait for uploads and for the models; those use the cores
preload_app = False  # a child forked after a framework has loaded hangs
timeout = 60  # s without a heartbeat of the worker, not of a request
graceful_timeout = 30  # s for what is being answered; the host must wait longer before it kills
keepalive = 5  # s
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
control_socket_disable = True  # nobody steers this server through a socket
accesslog = None  # addresses and paths of users aren't kept


def on_starting(server: Any) -> None:
    """Ends with one sentence where a setting can't be used, before any worker starts."""
    try:
        Settings.from_environment(os.environ)
    except SettingsError as error:
        server.log.error("%s", error)
        sys.exit(1)


def post_worker_init(worker: Any) -> None:
    """Says which models can't be used, and why; the others are served."""
    registry = worker.wsgi.extensions["twelvelead"].predictor.registry
    for key, reason in registry.broken.items():
        worker.log.warning("The model %s is unavailable: %s", key, reason)
