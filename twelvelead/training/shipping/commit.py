"""Which state of the project made a model."""

import subprocess
from pathlib import Path

from twelvelead.project import CHECKOUT

MAKING = (  # what can change a trained model
    "ecg",
    "model_registry",
    *(
        f"twelvelead/{room}"
        for room in ("inference", "datasets", "evaluation", "audit", "training")
    ),
)


def read_commit(root: Path = CHECKOUT) -> str | None:
    """The commit of the code that makes models, "-dirty" behind it where that was changed since.

    None outside a git checkout, or without git.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(root, "status", "--porcelain", "--", *MAKING)
    return f"{commit}-dirty" if changed else commit


def _git(root: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
