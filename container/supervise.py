"""Runs nginx before gunicorn as one: `supervise.py APP`, with HOST, PORT and RUN_DIR from the environment.

SIGTERM and SIGINT: nginx takes nothing new, uploads may end for UPLOADS seconds, gunicorn answers
what it has. When one of the two ends by itself, so does the other; the status is that of the first
that failed, 128 + n for signal n. All that is written lies in RUN_DIR, best on a memory disk: the
bodies of requests, which may take a share of its room and of the machine's memory, and temporary files.
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE / "nginx.conf.template"
DEFAULTS = {"HOST": "127.0.0.1", "PORT": "8080", "RUN_DIR": "/dev/shm/twelvelead"}  # noqa: S108
SOCKET, FRONT, CONFIG, SCRATCH, BODIES = "app.sock", "http.sock", "nginx.conf", "tmp", "body"
SCRATCH_OF = ("TMPDIR", "KERAS_HOME", "MPLCONFIGDIR", "TORCH_HOME", "XDG_CACHE_HOME")  # of packages
SHARE_OF_DISK = 3 / 4  # of what is free in RUN_DIR
SHARE_OF_MEMORY = 1 / 12  # on a memory disk uploads are memory
LEAST_ROOM = 11_000_000  # bytes: one page
DESCRIPTORS = 16_384  # of nginx, where the machine allows so many
MODULES = "/usr/lib/nginx/modules"  # Debian's
NEEDED = {  # modules, and the packages of Debian that have them
    "ngx_http_lua_module.so": "libnginx-mod-http-lua",
    "ngx_stream_module.so": "libnginx-mod-stream",
}
UPLOADS = 8  # s, after which gunicorn is told to end too
ENDING = 30  # s for gunicorn to end, a little more than its graceful_timeout
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
    running, worker = [start_gunicorn(folder)], 0
    while all(one.poll() is None for one in running) and not told:
        worker = tend(folder, running, worker)
        time.sleep(0.05)
    if told and len(running) == 2:
        running[1].send_signal(signal.SIGQUIT)
        while all(one.poll() is None for one in running) and time.monotonic() < told[0] + UPLOADS:
            time.sleep(0.05)
    first = [one for one in running if one.poll() is not None]
    statuses = [end(one, SENDING if told and place else 0) for place, one in enumerate(running)]
    statuses = [one.returncode for one in first] + statuses
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    return next((code if code > 0 else 128 - code for code in statuses if code), 0)


def end(server: subprocess.Popen[bytes], patience: float) -> int:
    """The status of a server that has `patience` seconds to end by itself before it is told to."""
    try:
        status = server.wait(patience)
    except subprocess.TimeoutExpired:
        server.terminate()
        status = wait_or_kill(server)
    with suppress(
        ProcessLookupError
    ):  # nginx's worker lives on, and listens, where its master was killed
        os.killpg(server.pid, signal.SIGKILL)
    return status


def wait_or_kill(server: subprocess.Popen[bytes]) -> int:
    """The status of a server that was told to end; one that stands still is killed after ENDING seconds."""
    try:
        return server.wait(ENDING)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        return server.wait()


def find_worker(master: int) -> int:
    """The process of nginx that serves, 0 where there is none now."""
    try:
        return int(Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()[0])
    except (OSError, IndexError):
        return 0


def tend(folder: Path, running: list[subprocess.Popen[bytes]], worker: int) -> int:
    """Starts nginx once gunicorn listens, and anew where `worker`, its own, was killed; that of now.

    The next one of the same nginx would go on with the bodies and the counts of the one before.
    """
    if len(running) == 1:
        if (folder / SOCKET).exists():
            running.append(start_nginx(folder))
        return 0
    found = find_worker(running[1].pid)
    if worker in (0, found) or running[1].poll() is not None:
        return found
    with suppress(ProcessLookupError):
        os.killpg(running[1].pid, signal.SIGKILL)
    running[1].wait()
    running[1] = start_nginx(folder)
    return 0


def make_folder(settings: dict[str, str]) -> Path:
    """RUN_DIR, for us alone, with nginx.conf in it. Raises OSError, ValueError."""
    port = settings["PORT"]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"PORT should be a number from 1 to 65535, not {port!r}")
    if shutil.which("nginx") is None:
        raise ValueError("there is no nginx on the PATH")
    for module, package in NEEDED.items():
        if not Path(MODULES, module).is_file():
            raise ValueError(f"nginx lacks {module}: Debian has it in {package}")
    folder = Path(settings["RUN_DIR"]).absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / SOCKET).unlink(missing_ok=True)
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    (folder / SCRATCH).mkdir(mode=0o700)
    text = Template(TEMPLATE.read_text("utf-8")).safe_substitute(settings, **derive(folder))
    (folder / CONFIG).write_text(text, "utf-8")
    return folder


def derive(folder: Path) -> dict[str, str]:
    """What else nginx.conf needs to know. Raises ValueError where RUN_DIR has no room."""
    room = find_room(folder)
    if room < LEAST_ROOM:
        raise ValueError(
            f"RUN_DIR should have room for uploads, {LEAST_ROOM / SHARE_OF_DISK / 1e6:.0f} MB at "
            "least; a container's memory disk is made larger with --shm-size"
        )
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    on_fly = bool(os.environ.get("FLY_APP_NAME"))
    files = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    return {
        "RUN_DIR": str(folder),
        "HERE": str(HERE),
        "MODULES": MODULES,
        "ROOM": str(room),
        "DESCRIPTORS": str(files),
        "CONNECTIONS": str(connections := files * 3 // 4),
        # anybody can send this header, but Fly's proxy overwrites it, and is the one that is connected
        "CLIENT": "$http_fly_client_ip" if on_fly else "$remote_addr",
        # a silent client takes three: half of all clients may have one address, as many behind a proxy have
        "EACH": str(connections if on_fly else connections // 6),
    }


def find_room(folder: Path) -> int:
    """Bytes that uploads may hold at once. Raises ValueError for TWELVELEAD_MEMORY."""
    sys.path.insert(0, str(HERE.parent))
    from twelvelead.inference.resources.machine import (  # and nothing that brings libraries
        read_bytes,
        read_machine,
    )

    memory, told = read_machine().memory, os.environ.get("TWELVELEAD_MEMORY")
    try:
        memory = min(memory, read_bytes(told)) if told else memory
    except ValueError as error:
        raise ValueError(f"TWELVELEAD_MEMORY should be {error}, not {told!r}") from error
    disk = shutil.disk_usage(folder).free * SHARE_OF_DISK
    return int(min(disk, memory * SHARE_OF_MEMORY))


def start_gunicorn(folder: Path) -> subprocess.Popen[bytes]:
    """gunicorn behind a socket of its own; what it and its packages write lies in RUN_DIR."""
    scratch = str(folder / SCRATCH)
    options = [
        "--config",
        "python:twelvelead.web.server.gunicorn_conf",
        "--bind",
        f"unix:{folder / SOCKET}",
    ]
    options += ["--worker-tmp-dir", scratch, *sys.argv[1:]]
    command = [sys.executable, "-m", "gunicorn", *options]
    environment = {**os.environ, **dict.fromkeys(SCRATCH_OF, scratch)}
    environment["CLIENT_ADDRESS_HEADER"] = "X-Client-Address"  # as nginx.conf sets it
    return subprocess.Popen(command, cwd=HERE.parent, env=environment, process_group=0)


def start_nginx(folder: Path) -> subprocess.Popen[bytes]:
    """nginx, without the settings of malloc, which would let it keep the memory of large uploads."""
    shutil.rmtree(folder / BODIES, ignore_errors=True)
    (folder / FRONT).unlink(missing_ok=True)
    command = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / CONFIG)]
    if os.geteuid() == 0:  # else its worker would be somebody who can't read RUN_DIR
        command += ["-g", "user root;"]
    return subprocess.Popen(command, env={"PATH": os.environ["PATH"]}, process_group=0)


if __name__ == "__main__":
    sys.exit(main())
