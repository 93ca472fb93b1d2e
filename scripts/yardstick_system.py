"""The app and the command of this tree, asked from outside, and what of their answers may be compared."""

import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from app import create_app

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {  # no answer may hang on how fast this machine is, or on what was asked before
    "TWELVELEAD_ANSWERS_KEPT": "0",
    "TWELVELEAD_DEADLINE": "3600",
    "TWELVELEAD_LOG": "off",
    "TWELVELEAD_RUNS": "1",
    "TWELVELEAD_THREADS": "1",
}
DROPPED = {
    "Content-Length",
    "Date",
    "Set-Cookie",
    "X-Request-ID",
}  # they follow from times and chance
MASKED = {"timings_ms"}
TIMES = re.compile(r"\b\d+(\.\d+)? ms\b")
# What is installed in this environment may be another tree than the one that lies here.
RUN = (
    "import sys, importlib; sys.meta_path[:] = [one for one in sys.meta_path if '__editable__' not in "
    "getattr(one, '__module__', '')]; sys.argv[0] = 'twelvelead'; "
    "sys.exit(getattr(importlib.import_module({module!r}), {function!r})())"
)
Value = str | Path | list[Path]
Fields = Mapping[str, Value]


class System:
    """The app and the command of this tree. answers: what each said, by what it was asked."""

    def __init__(self, inputs: Path, models: Path) -> None:
        logging.disable()  # what is refused is asked on purpose
        self.inputs, self.models = inputs, models
        self.answers: dict[str, Any] = {}
        self.hidden = {str(inputs): "INPUTS", str(models): "MODELS", str(ROOT): "ROOT"}
        app = create_app(SETTINGS | {"TWELVELEAD_MODELS_DIR": str(models)})
        self.client = app.test_client()
        scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
        module, _, function = scripts["twelvelead"].partition(":")
        self.command = [sys.executable, "-c", RUN.format(module=module, function=function)]

    def get(self, address: str, accept: str = "text/html") -> Any:
        """The body of an answer, which is kept too."""
        answer = self.client.get(address, headers={"Accept": accept})
        return self._keep(f"GET {address} {accept}", answer)

    def post(self, address: str, fields: Fields, accept: str = "*/*") -> Any:
        """The same for a form; paths in it are sent as files."""
        named = [f"{name}={self._name(value)}" for name, value in fields.items()]
        data = {name: _sent(value) for name, value in fields.items()}
        answer = self.client.post(address, data=data, headers={"Accept": accept})
        return self._keep(" ".join(["POST", address, *named, accept]), answer)

    def post_away(self, address: str, fields: Fields, word: str) -> str:
        """Where a form leads to. The end of that address is drawn by chance: `word` is kept for it."""
        data = {name: _sent(value) for name, value in fields.items()}
        found = self.client.post(address, data=data)
        location = str(found.headers["Location"])
        self.hidden[location.rpartition("/")[2]] = word
        self._keep(f"POST {address} leads away", found)
        return location

    def run(self, *words: str | Path) -> None:
        """What the command prints, and its status."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("TWELVELEAD_")}
        environ |= {"PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"}
        environ |= {"TWELVELEAD_MODELS_DIR": str(self.models)}
        told = [str(word) for word in words]
        done = subprocess.run(
            [*self.command, *told],
            check=False,
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
        )
        # progress and warnings of libraries go there too
        errors = [line for line in done.stderr.splitlines() if line.startswith("twelvelead")]
        self.answers[self._mask(f"twelvelead {' '.join(told)}")] = {
            "status": done.returncode,
            "told": self._read(done.stdout),
            "errors": [self._mask(line) for line in errors],
        }

    def note(self, name: str, file: Path) -> None:
        """The digest of a file."""
        found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "no such file"
        self.answers[name] = found

    def _keep(self, name: str, answer: Any) -> Any:
        headers = {k: self._mask(v) for k, v in answer.headers.items() if k not in DROPPED}
        text = answer.mimetype.startswith("text/") or "json" in answer.mimetype
        body = self._read(answer.text) if text else hashlib.sha256(answer.data).hexdigest()
        name = self._mask(name)
        self.answers[f"{name} (again)" if name in self.answers else name] = {
            "status": answer.status_code,
            "headers": dict(sorted(headers.items())),
            "body": body,
        }
        return body

    def _read(self, text: str) -> Any:
        """JSON, else lines."""
        try:
            return self._masked(json.loads(text))
        except ValueError:
            return [TIMES.sub("* ms", self._mask(line)) for line in text.splitlines()]

    def _masked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: "*" if k in MASKED else self._masked(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._masked(one) for one in value]
        return self._mask(value) if isinstance(value, str) else value

    def _mask(self, text: str) -> str:
        for found in sorted(self.hidden, key=len, reverse=True):
            text = text.replace(found, self.hidden[found])
        return text

    def _name(self, value: Value) -> str:
        if isinstance(value, list):
            return "+".join(self._name(one) for one in value)
        return value if isinstance(value, str) else str(value.relative_to(self.inputs))


def _sent(value: Value) -> Any:
    if isinstance(value, list):
        return [_sent(one) for one in value]
    return value if isinstance(value, str) else (BytesIO(value.read_bytes()), value.name)
