"""`twelvelead serve`: hands this process over to gunicorn."""

import ipaddress
import os
import socket
import sys
from pathlib import Path

from cli_compile import compile_missing
from cli_output import CommandError
from cli_parser import ROOT, Options
from inference.memory import ALLOCATION
from model_registry.registry import read_registry

WARNING = (
    "Warning: plain `serve` is for this machine; where others can reach it, put the container "
    "or another proxy in front, which bounds what each client may take."
)


def serve(options: Options) -> int:
    """`twelvelead serve`; does not return where it starts. Raises CommandError."""
    os.environ["TWELVELEAD_MODELS_DIR"] = str(options.models.expanduser().resolve())
    _check_settings()
    _check_port(options.host, options.port)
    if not _is_loopback(options.host):
        print(WARNING, file=sys.stderr)
    if options.compile:
        compile_missing(read_registry(options.models))
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    where = f"{options.host}:{options.port}"
    os.environ.update({**ALLOCATION, **os.environ})
    os.chdir(ROOT)
    os.execv(  # noqa: S606 - the command is ours, no shell
        gunicorn,
        [gunicorn, "--config", "gunicorn.conf.py", "--bind", where, "app:create_app()"],
    )


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
    from web.services import models_to_warm
    from web.settings import Settings, SettingsError

    try:
        settings = Settings.from_environment(os.environ)
        models_to_warm(settings, read_registry(settings.models_dir))
    except SettingsError as error:
        raise CommandError(str(error)) from error
