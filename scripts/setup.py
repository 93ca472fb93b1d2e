"""Makes .venv with the locked packages, and does nothing where that is already so.

Run by `make setup` with the Python that .venv is to have; needs no package itself.
"""

import argparse
import hashlib
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-dev.lock"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "setup-stamp"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # torch without several GB of CUDA
PATIENCE = 3  # s for that address to answer
TOGETHER = ("torch", "torchvision")  # in one pip call: apart, the second replaces the first


def main() -> None:
    """Brings .venv up to date. Exits with one sentence where that fails."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--torch-index", default="", help="a package index with torch's CPU build")
    index = parser.parse_args().torch_index
    wanted = stamp()
    if STAMP.is_file() and STAMP.read_text("utf-8") == wanted and not index:
        return
    make_venv()
    lines = [line for line in LOCK.read_text("utf-8").splitlines() if not line.startswith("#")]
    say(f"installing what {LOCK.name} lists: 3 GB with both frameworks, minutes the first time")
    pip("install", "--no-deps", *(line for line in lines if not line.startswith(TOGETHER)))
    install_torch([line for line in lines if line.startswith(TOGETHER)], index)
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    check_packages()
    STAMP.write_text(wanted, "utf-8")
    say("done: .venv is ready")


def stamp() -> str:
    """Changes with anything that .venv depends on."""
    files = (ROOT / "pyproject.toml", LOCK, Path(__file__))
    facts = [sys.version, str(ROOT), *(file.read_text("utf-8") for file in files)]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def make_venv() -> None:
    """Makes .venv, unless one of this very Python is there."""
    version = "import sys; sys.exit(sys.version_info[:3] != {!r})"
    if PYTHON.exists() and quiet(PYTHON, "-c", version.format(tuple(sys.version_info[:3]))):
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError):
        sys.exit("Python couldn't make .venv: on Debian and Ubuntu, install python3-venv first.")


def install_torch(pins: list[str], asked: str) -> None:
    """Installs the pins from `asked`, else from PyTorch's own CPU index, else as pip is set up."""
    if not asked and not torch_fault(pins):
        return
    index = asked or reachable_index()
    say(f"installing {' and '.join(pins)} from {index or 'where pip is set to look'}")
    source = ["--index-url", index] if index else []
    pip("install", "--no-deps", "--force-reinstall", *source, *pins)
    if fault := torch_fault(pins):
        sys.exit(
            f"torch was installed but can't be imported ({fault}), as a CUDA build without its "
            f"libraries can't: run 'make setup TORCH_INDEX={CPU_INDEX}' where that address can be "
            f"reached, or '.venv/bin/pip install {pins[0]}' for several GB of CUDA, then 'make setup'."
        )


def torch_fault(pins: list[str]) -> str:
    """Why torch and torchvision aren't as pinned, or torch can't be imported; empty where all is well."""
    found = f"[f'{{n}}=={{version(n).split(chr(43))[0]}}' for n in {TOGETHER!r}]"
    check = f"from importlib.metadata import version\nassert {found} == {pins!r}\nimport torch"
    command = [str(PYTHON), "-c", check]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""


def reachable_index() -> str:
    """PyTorch's index of CPU builds, where this is a Linux that reaches it; else nothing."""
    if sys.platform != "linux":
        return ""  # elsewhere the ordinary build is the CPU build
    try:
        with urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=PATIENCE):  # noqa: S310 - https
            return CPU_INDEX
    except OSError:
        return ""


def check_packages() -> None:
    """Exits where a package lacks another, CUDA libraries that only torch names left aside."""
    command = [str(PYTHON), "-m", "pip", "check", "--disable-pip-version-check"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    faults = [line for line in told.stdout.splitlines() if not line.startswith("torch ")]
    if told.returncode and faults:
        sys.exit("The locked packages don't fit together: " + "; ".join(faults))


def pip(*arguments: str) -> None:
    """Runs .venv's pip; what it does is shown only to a terminal. Exits where it fails."""
    options = [
        "--disable-pip-version-check",
        "--no-input",
        *([] if sys.stdout.isatty() else ["-q"]),
    ]
    if subprocess.run([PYTHON, "-m", "pip", *options, *arguments], check=False).returncode:
        sys.exit("pip failed, for the reason above; run 'make setup' again when that is mended.")


def quiet(*command: object) -> bool:
    """Whether a command succeeds, its output thrown away."""
    return not subprocess.run([*map(str, command)], capture_output=True, check=False).returncode


def say(what: str) -> None:
    """Tells what happens now."""
    print(f"Setup: {what}.", flush=True)


if __name__ == "__main__":
    main()
