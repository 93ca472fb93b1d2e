"""What several commands print: JSON, and a recording's answers for people."""

import json
from typing import Any


class CommandError(Exception):
    """Something to tell in one sentence before leaving with status 1."""


def print_json(value: Any) -> None:
    """JSON without NaN, for programs."""
    print(json.dumps(value, indent=1, allow_nan=False))


def print_signal(one: dict[str, Any]) -> None:
    """A recording's beats and heart rate, the notes on its reading, a row for each model."""
    signal, rate = one["signal"], one["heart_rate"]
    print(f"{one['file']}  {signal['lead']}, {signal['rate']:g} Hz, {_clock(signal['seconds'])}")
    beating = f", {rate['median']:.0f} a minute" if rate else ""
    print(f"  {one['beats']:,} beats{beating}")
    for note in signal["notes"]:
        print(f"  {note}")
    for stretch in one["stretches"]:
        print(f"  {_clock(stretch['start_s'])} to {_clock(stretch['end_s'])}: {stretch['message']}")
    for model in one["predictions"]:
        counts = ", ".join(f"{label} {count:,}" for label, count in model["counts"].items())
        unsure = sum(beat["decision"] == "uncertain" for beat in model["beats"])
        refused = sum(model["unread"].values())
        without = f"; {refused:,} without a label" if refused else ""
        print(
            f"  {model['model']} ({model['runtime']}): {counts}; {unsure:,} of them uncertain{without}"
        )
        for reason in model["reasons"]:
            print(f"    {reason}")


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds, as in 0:30:05."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
