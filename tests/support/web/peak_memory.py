"""How much memory a piece of Python takes at most, in a process of its own."""

from pathlib import Path

from tests.support.models.tiny_models import run_python

MEGABYTE = 1_000_000
STATUS = Path("/proc/self/status")  # where Linux tells it; getrusage counts the parent's memory too
CODE = f"""\
def peak():
    with open("{STATUS}") as lines:
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

{{before}}
begun = peak()
{{measured}}
print(peak() - begun)
"""


def peak_memory(before: str, measured: str, *arguments: object) -> int:
    """Bytes that `measured` takes beside what `before` took; both see `arguments` in sys.argv."""
    return int(run_python("-c", CODE.format(before=before, measured=measured), *arguments))
