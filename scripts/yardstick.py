"""Records what the whole system answers, so that a change of its inside can be held to it.

`python -m scripts.yardstick record FILE.json` keeps the answers of the code as it is; `compare
FILE.json` asks again with the same inputs, lists every difference, and ends with 1 where there is one.
It reaches the system through `create_app`, the command and files alone, so that modules may move.
"""

import argparse
import gzip
import json
import math
import os
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DECIMAL = re.compile(r"(-?\d+\.\d+(?:e[-+]?\d+)?)")  # whole numbers in text are compared as letters
CLOSE = 1.000001e-6  # absolute: probabilities are rounded to six digits, and may round either way
PACKED_FROM = 5_000_000  # bytes
SHOWN = 200  # letters of a difference
MISSING = "(nothing)"


def main() -> int:
    """0 where nothing differs."""
    parser = argparse.ArgumentParser(prog="python -m scripts.yardstick", description=__doc__)
    parser.add_argument("what", choices=("record", "compare"))
    parser.add_argument("file", type=Path, metavar="FILE.json")
    parser.add_argument("--records", type=Path, metavar="DIR", help="MIT-BIH records, to record")
    parser.add_argument(
        "--models", type=Path, default=ROOT / "models", help="folder of the registry"
    )
    options = parser.parse_args()
    prefer_this_tree()
    inputs = options.file.resolve().with_suffix(".inputs")
    if options.what == "record":
        if inputs.exists():
            shutil.rmtree(inputs)
        from scripts.yardstick_inputs import make_inputs

        make_inputs(inputs, options.records)
        answers = answers_of(inputs, options.models.resolve())
        print(f"{len(answers)} answers in {write(options.file, answers)}")
        return 0
    before, after = read(options.file), answers_of(inputs, options.models.resolve())
    return report(before, after)


def answers_of(inputs: Path, models: Path) -> dict[str, Any]:
    """What the system that lies here answers. Raises ImportError where another one was imported."""
    import app
    from scripts.yardstick_questions import ask_everything
    from scripts.yardstick_system import System

    if ROOT not in Path(app.__file__).resolve().parents:
        raise ImportError(f"{app.__file__} is not below {ROOT}")
    system = System(inputs, models)
    ask_everything(system)
    # as it is read again: a float that is whole, a tuple
    answers: dict[str, Any] = json.loads(json.dumps(system.answers))
    return answers


def prefer_this_tree() -> None:
    """Lets no module come from an installation of another tree, and no answer from a second core."""
    editable = [one for one in sys.meta_path if "__editable__" in getattr(one, "__module__", "")]
    for finder in editable:
        sys.meta_path.remove(finder)
    if hasattr(os, "sched_setaffinity"):  # threads add up in another order, and cores are counted
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def write(file: Path, answers: dict[str, Any]) -> Path:
    """Writes them, packed where they are large; the path."""
    packed = file.with_name(f"{file.name}.gz")
    text = json.dumps(answers, indent=0, ensure_ascii=False).encode()
    for old in (file, packed):
        old.unlink(missing_ok=True)
    if len(text) < PACKED_FROM:
        file.write_bytes(text)
        return file
    packed.write_bytes(gzip.compress(text, mtime=0))
    return packed


def read(file: Path) -> dict[str, Any]:
    """The answers that were written. Raises OSError."""
    if file.is_file():
        found: dict[str, Any] = json.loads(file.read_bytes())
    else:
        found = json.loads(gzip.decompress(file.with_name(f"{file.name}.gz").read_bytes()))
    return found


def report(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Prints every difference; 1 where there is one."""
    differ = 0
    names = list(before | after)
    for name in names:
        found = list(differences(name, before.get(name, MISSING), after.get(name, MISSING)))
        differ += bool(found)
        for line in found:
            print(line)
    print(f"{len(names)} answers compared, {differ} differ")
    return 1 if differ else 0


def differences(where: str, before: Any, after: Any) -> Iterator[str]:
    """A line for each."""
    if isinstance(before, dict) and isinstance(after, dict):
        if list(before) != list(after) and set(before) == set(after):
            yield told(f"{where}: order of keys", list(before), list(after))
        for key in before | after:
            inside = before.get(key, MISSING), after.get(key, MISSING)
            yield from differences(f"{where} / {key}", *inside)
    elif isinstance(before, list) and isinstance(after, list):
        pairs = zip_longest(before, after, fillvalue=MISSING)
        found = [list(differences(f"{where} [{i}]", *pair)) for i, pair in enumerate(pairs)]
        if len(before) != len(after):  # all that follows is shifted: the first says enough
            yield told(f"{where}: length", len(before), len(after))
            found = [lines for lines in found if lines][:1]
        for lines in found:
            yield from lines
    elif not alike(before, after):
        yield told(where, before, after)


def alike(before: Any, after: Any) -> bool:
    """Whether two values are the same, numbers nearly so, also those inside a text."""
    if isinstance(before, str) and isinstance(after, str):
        if before == after:
            return True
        one, two = DECIMAL.split(before), DECIMAL.split(after)
        numbers = zip(one[1::2], two[1::2], strict=False)
        return one[::2] == two[::2] and all(alike(float(a), float(b)) for a, b in numbers)
    if isinstance(before, bool) or isinstance(after, bool) or before is None or after is None:
        return before is after
    if isinstance(before, int | float) and isinstance(after, int | float):
        return math.isclose(before, after, rel_tol=0, abs_tol=CLOSE)
    return bool(before == after)


def told(where: str, before: Any, after: Any) -> str:
    """One line of at most SHOWN letters, so that both values are seen."""
    room = (SHOWN - 6) // 5
    values = [f"{one!r}" if not isinstance(one, str) else one for one in (before, after)]
    begin = next((i for i, (a, b) in enumerate(zip(*values, strict=False)) if a != b), 0)
    cut = [one[max(0, begin - 10) : max(0, begin - 10) + room] for one in values]
    return f"{where[-3 * room :]}: {cut[0]} -> {cut[1]}"[:SHOWN]


if __name__ == "__main__":
    sys.exit(main())
