"""Runs nginx before gunicorn as one: `supervise.py APP`, with HOST, PORT and RUN_DIR from the environment.

SIGTERM and SIGINT: nginx takes nothing new, uploads may end for UPLOADS seconds, gunicorn answers
what it has. When one of the two ends by itself, so does the other; the status is that of the first
that failed, 128 + n for signal n. All that is written lies in RUN_DIR, best on a memory disk.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE / "nginx.conf.template"
DEFAULTS = {"HOST": "127.0.0.1", "PORT": "8080", "RUN_DIR": "/dev/shm/twelvelead"}  # noqa: S108
SOCKET, CONFIG = "app.sock", "nginx.conf"
UPLOADS = 8  # s, after which gunicorn is told to end too
SENDING = 2  # s for nginx to send what gunicorn said last


def main() -> int:
    """Starts both, waits for the first that ends, ends the other; the status to leave with."""
    try:
        folder = make_folder({name: os.environ.get(name) or DEFAULTS[name] for name in DEFAULTS})
    except (OSError, ValueError) as error:
        print(f"The server can't start: {error}.", file=sys.stderr)
        return 1
    told: list[float] = []  # when to end
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.append(time.monotonic()))
    running = [start_gunicorn(folder)]
    while all(one.poll() is None for one in running) and not told:
        if len(running) == 1 and (folder / SOCKET).exists():
            running.append(start_nginx(folder))
        time.sleep(0.05)
    if told and len(running) == 2:
        running[1].send_signal(signal.SIGQUIT)
        while all(one.poll() is None for one in running) and time.monotonic() < told[0] + UPLOADS:
            time.sleep(0.05)
    first = [one for one in running if one.poll() is not None]
    statuses = [end(one, SENDING if told and place else 0) for place, one in enumerate(running)]
    statuses = [one.returncode for one in first] + statuses
    return next((code if code > 0 else 128 - code for code in statuses if code), 0)


def end(server: subprocess.Popen[bytes], patience: float) -> int:
    """The status of a server that has `patience` seconds to end by itself before it is told to."""
    try:
        return server.wait(patience)
    except subprocess.TimeoutExpired:
        server.terminate()
        return server.wait()


def make_folder(settings: dict[str, str]) -> Path:
    """RUN_DIR, for us alone, with nginx.conf in it. Raises OSError, ValueError."""
    port = settings["PORT"]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"PORT should be a number from 1 to 65535, not {port!r}")
    if shutil.which("nginx") is None:
        raise ValueError("there is no nginx on the PATH")
    folder = Path(settings["RUN_DIR"]).absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / SOCKET).unlink(missing_ok=True)
    text = Template(TEMPLATE.read_text("utf-8")).safe_substitute(settings, RUN_DIR=folder)
    (folder / CONFIG).write_text(text, "utf-8")
    return folder


def start_gunicorn(folder: Path) -> subprocess.Popen[bytes]:
    """gunicorn behind a socket of its own."""
    options = ["--config", "gunicorn.conf.py", "--bind", f"unix:{folder / SOCKET}", *sys.argv[1:]]
    command = [sys.executable, "-m", "gunicorn", *options]
    return subprocess.Popen(command, cwd=HERE.parent, process_group=0)


def start_nginx(folder: Path) -> subprocess.Popen[bytes]:
    """nginx, without the settings of malloc, which would let it keep the memory of large uploads."""
    command = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / CONFIG)]
    if os.geteuid() == 0:  # else its worker would be somebody who can't read RUN_DIR
        command += ["-g", "user root;"]
    return subprocess.Popen(command, env={"PATH": os.environ["PATH"]}, process_group=0)


if __name__ == "__main__":
    sys.exit(main())
