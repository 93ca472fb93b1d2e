"""`twelvelead models`: what is registered, broken models with the reason."""

from typing import Any

from model_registry.registry import Registry, read_registry
from twelvelead.cli.output import print_json
from twelvelead.cli.parser import Options
from twelvelead.inference.choice import DRAWN, reads_in_words
from twelvelead.inference.compilation.compiled import damage
from twelvelead.inference.compilation.queue import compiling_notes
from twelvelead.web.schemas.model_figures import read_figures
from twelvelead.web.schemas.models import describe_model

FIELDS = (  # in the order in which programs have them
    *("key", "state", "reason", "title", "framework"),
    *("members", "task", "reads", "labels", "macro_f1"),
)


def run(options: Options) -> int:
    """`twelvelead models`"""
    registry = read_registry(options.models)
    rows = [
        _describe(registry, key) | {"notes": _notes(registry, key)}
        for key in sorted([*registry, *registry.broken])
    ]
    if options.json:
        print_json({"models": rows})
    else:
        _print(rows)
    return 0


def _describe(registry: Registry, key: str) -> dict[str, Any]:
    """A model as the API describes it, in fewer fields; of a broken one, its key and the reason."""
    model = describe_model(registry, key)
    if key not in registry:
        return dict.fromkeys(FIELDS) | model.model_dump(include={"key", "state", "reason"})
    held_out = read_figures(registry[key]).cross_validation
    own = {
        "state": "available",
        "members": list(model.members),
        "macro_f1": held_out and held_out.macro_f1,
    }
    return dict.fromkeys(FIELDS) | model.model_dump(include=set(FIELDS)) | own


def _notes(registry: Registry, key: str) -> list[str]:
    """In sentences, why the compiled forms of a usable model and its members can't be served, or not yet."""
    if key not in registry:
        return []
    networks = registry.networks(key)
    damages = [told for entry in networks if (told := damage(entry))]
    return [*damages, *(told for entry in networks for told in compiling_notes(entry))]


def _print(rows: list[dict[str, Any]]) -> None:
    """Some lines a model: what it is, what it reads, how good it is or why it can't be used."""
    for row in rows:
        print(f"{row['key']:<16} {row['framework'] or '-':<8} {row['title'] or ''}")
        if row["members"]:
            print(f"{'':<16} average of {', '.join(row['members'])}")
        if row["reads"]:
            drawn = f"; {DRAWN}" if row["reads"] == ["beat_picture"] else ""
            print(f"{'':<16} reads {reads_in_words(row['reads'])}{drawn}")
        for line in (row["reason"] or _measured(row["macro_f1"]), *row["notes"]):
            print(f"{'':<16} {line}")


def _measured(macro_f1: float | None) -> str:
    """A model's figure in words."""
    return "not measured" if macro_f1 is None else f"macro-F1 {macro_f1:.3f}, held out"
