"""The `twelvelead` command: thin, over the same functions as the web."""

import sys
from collections.abc import Sequence

from ecg.errors import PageError, SignalError
from model_registry.errors import RegistryError
from model_registry.registry import read_registry
from twelvelead.cli.beats import beats
from twelvelead.cli.compile import compile_all, networks_to_compile, note_damage, row_text
from twelvelead.cli.output import CommandError, describe_entry, print_json, print_models
from twelvelead.cli.parser import Options, Run, make_parser
from twelvelead.cli.predict import predict
from twelvelead.cli.serve import serve
from twelvelead.cli.training import audit, evaluate, train


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 when all went well, 1 with a sentence on stderr, 2 for wrong usage."""
    options = make_parser(COMMANDS).parse_args(arguments)
    run: Run = options.run
    try:
        return run(options)
    except (CommandError, RegistryError, PageError, SignalError) as error:
        print(f"twelvelead: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("twelvelead: stopped.", file=sys.stderr)
        return 130


def list_models(options: Options) -> int:
    """`twelvelead models`"""
    registry = read_registry(options.models)
    rows = [
        describe_entry(registry, key) | {"notes": note_damage(registry, key)}
        for key in sorted([*registry, *registry.broken])
    ]
    if options.json:
        print_json({"models": rows})
    else:
        print_models(rows)
    return 0


def compile_models(options: Options) -> int:
    """`twelvelead compile [KEY..]`"""
    if options.int8 and options.data is None:
        raise CommandError(
            "--int8 needs --data DIR: pages on which its labels are held to float32's."
        )
    entries = networks_to_compile(
        read_registry(options.models), [] if options.all else options.keys
    )
    rows = compile_all(entries, again=options.again, data=options.data if options.int8 else None)
    if options.json:
        print_json({"models": rows})
    else:
        print("\n".join(row_text(row) for row in rows))
    return 1 if any(row["state"] != "compiled" for row in rows) else 0


COMMANDS: dict[str, Run] = {
    "models": list_models,
    "predict": predict,
    "beats": beats,
    "evaluate": evaluate,
    "audit": audit,
    "train": train,
    "compile": compile_models,
    "serve": serve,
}

if __name__ == "__main__":
    sys.exit(main())
