"""`twelvelead serve`: hands this process over to gunicorn."""

import ipaddress
import os
import socket
import subprocess
import sys
from pathlib import Path

from model_registry.registry import read_registry
from twelvelead.cli.output import CommandError
from twelvelead.cli.parser import Options
from twelvelead.inference.resources.memory import ALLOCATION

APP = "twelvelead.app:create_app()"
CONFIG = "python:twelvelead.web.server.gunicorn_conf"
WARNING = (
    "Warning: plain `serve` is for this machine; where others can reach it, put the container "
    "or another proxy in front, which bounds what each client may take."
)


def run(options: Options) -> int:
    """`twelvelead serve`; does not return where it starts. Raises CommandError."""
    os.environ["TWELVELEAD_MODELS_DIR"] = str(options.models.expanduser().resolve())
    _check_settings()
    _check_port(options.host, options.port)
    if not _is_loopback(options.host):
        print(WARNING, file=sys.stderr)
    if options.compile:
        _start_compiling(options.models)
    where = f"{options.host}:{options.port}"
    os.environ.update({**ALLOCATION, **os.environ})
    os.execv(  # noqa: S606 - the command is ours, no shell
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--config", CONFIG, "--bind", where, APP],
    )


def _start_compiling(models: Path) -> None:
    """Starts a process that lives no longer than this one, whatever program this one becomes."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # gunicorn takes this process over, and holds it open
    subprocess.Popen(
        [sys.executable, "-m", "twelvelead.cli.compile_behind", str(models)],
        stdin=reading,
        process_group=0,  # Ctrl-C is for the server; a session of its own would undo the priority
    )
    os.close(reading)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_port(host: str, port: int) -> None:
    other = 9000 if port != 9000 else 9001
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} can't be used ({error.strerror}): "
                f"choose another one, as in --port {other} (or PORT={other} make run)."
            ) from error


def _check_settings() -> None:
    """Raises CommandError for what gunicorn's worker would end over, with a traceback."""
    from twelvelead.web.server.settings import Settings, SettingsError

    try:
        settings = Settings.from_environment(os.environ)
        settings.models_to_warm(read_registry(settings.models_dir).known)
    except SettingsError as error:
        raise CommandError(str(error)) from error
