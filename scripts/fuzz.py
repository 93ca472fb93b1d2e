"""`make fuzz MINUTES=20`: rounds of thousands of hostile inputs, a new seed each, until the time is over.

Ends with status 1 at the first finding, whose seed and smallest input are printed.
"""

import argparse
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "tests/fuzz"
NOTHING_RUN = 5  # pytest's status where it collected no test


def main() -> int:
    """Runs rounds; the status of the first that found something, else 0."""
    options = _parser().parse_args()
    until, rounds = time.monotonic() + 60 * options.minutes, 0
    while rounds == 0 or time.monotonic() < until:
        rounds += 1
        seed = options.seed if options.seed is not None else secrets.randbelow(10**9)
        left = max(0.0, until - time.monotonic()) / 60
        print(
            f"Round {rounds}, seed {seed}, {left:.0f} of {options.minutes:g} minutes left.",
            flush=True,
        )
        status = run_round(seed, options.only)
        if status:
            kind = "no test was found" if status == NOTHING_RUN else "something was found"
            print(f"Round {rounds}: {kind}; again with: make fuzz SEED={seed}", file=sys.stderr)
            return 1
    print(f"{rounds} rounds in {options.minutes:g} minutes: nothing was found.")
    return 0


def run_round(seed: int, only: str) -> int:
    """The status of one run of all rules, or of those whose names hold `only`."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", FOLDER]
    command += ["--hypothesis-profile=long", f"--hypothesis-seed={seed}", "-k", only]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, help="that of a round which found something")
    parser.add_argument("--only", default="", help="rules whose names hold this")
    return parser


if __name__ == "__main__":
    sys.exit(main())
