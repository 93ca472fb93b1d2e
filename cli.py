"""The `twelvelead` command: thin, over the same functions as the web."""

import argparse
import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cli_compile import compile_all, compile_missing, networks_to_compile, row_text
from cli_data import add_data
from cli_output import describe_entry, measured, print_figures, print_json, print_predictions
from ecg.errors import PageError
from ecg.tasks import NOTICE
from inference.memory import ALLOCATION
from inference.predictor import Predictor
from model_registry.errors import RegistryError
from model_registry.registry import read_registry

ROOT = Path(__file__).resolve().parent
Options = argparse.Namespace


class CommandError(Exception):
    """Something to tell in one sentence before leaving with status 1."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 when all went well, 1 with a sentence on stderr, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    run: Callable[[Options], int] = options.run
    try:
        return run(options)
    except (CommandError, RegistryError, PageError) as error:
        print(f"twelvelead: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("twelvelead: stopped.", file=sys.stderr)
        return 130


def list_models(options: Options) -> int:
    """`twelvelead models`"""
    registry = read_registry(options.models)
    rows = [describe_entry(registry, key) for key in sorted([*registry, *registry.broken])]
    if options.json:
        print_json({"models": rows})
        return 0
    for row in rows:
        print(f"{row['key']:<16} {row['framework'] or '-':<8} {row['title'] or ''}")
        if row["members"]:
            print(f"{'':<16} average of {', '.join(row['members'])}")
        print(f"{'':<16} {row['reason'] or measured(row['macro_f1'])}")
    return 0


def predict(options: Options) -> int:
    """`twelvelead predict FILE.. --model KEY`"""
    predictor = Predictor(read_registry(options.models))
    keys = _chosen(options.model)
    predictions: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    try:
        if not predictor.registry:
            raise CommandError("No model is usable: `twelvelead models` tells why.")
        for file in options.files:
            _predict_file(predictor, file, keys, (predictions, failures))
    finally:
        predictor.close()
    if options.json:
        print_json({"predictions": predictions, "failures": failures, "notice": NOTICE})
    else:
        print_predictions(predictions)
    for failure in failures:
        print(f"twelvelead: {failure['file']}: {failure['detail']}", file=sys.stderr)
    return 1 if failures else 0


def evaluate(options: Options) -> int:
    """`twelvelead evaluate --model KEY --data DIR`"""
    from training.data import DataError
    from training.evaluate import evaluate as run_evaluation
    from training.evaluate import evaluate_out_of_fold

    predictor = Predictor(read_registry(options.models))
    try:
        if options.out_of_fold:
            figures = evaluate_out_of_fold(predictor.registry[options.model], options.data)
        else:
            figures = run_evaluation(predictor, options.model, options.data)
    except DataError as error:
        raise CommandError(str(error)) from error
    finally:
        predictor.close()
    if options.json:
        print_json(figures)
    else:
        print_figures(figures)
    return 0


def audit(options: Options) -> int:
    """`twelvelead audit DIR`"""
    from training.audit import audit as run_audit
    from training.audit_report import write_report
    from training.audit_text import audit_text
    from training.data import DataError

    try:
        found = run_audit(options.folder, options.against)
    except DataError as error:
        raise CommandError(str(error)) from error
    if options.json:
        print_json(found.as_json())
    else:
        print(audit_text(found))
    if options.html:
        try:
            write_report(found, options.html)
        except OSError as error:
            raise CommandError(f"{options.html} can't be written ({error.strerror}).") from error
    return 0


def train(options: Options) -> int:
    """`twelvelead train KEY --data DIR`, of a network or of an ensemble of trained ones"""
    from training.data import DataError
    from training.ensemble import train_or_assemble
    from training.run import Plan

    named = ("key", "data", "models", "work", "backbone", "folds", "split", "despite_leaks")
    plan = Plan(**{name: getattr(options, name) for name in named})
    say = (lambda line: print(line, file=sys.stderr)) if options.json else print
    try:
        metrics = train_or_assemble(plan, say)
    except DataError as error:
        raise CommandError(str(error)) from error
    if options.json:
        print_json(metrics)
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


def serve(options: Options) -> int:
    """`twelvelead serve`: hands this process over to gunicorn."""
    os.environ["TWELVELEAD_MODELS_DIR"] = str(options.models.expanduser().resolve())
    _check_settings()
    other = 9000 if options.port != 9000 else 9001
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((options.host, options.port))
        except OSError as error:
            raise CommandError(
                f"Port {options.port} on {options.host} can't be used ({error.strerror}): "
                f"choose another one, as in --port {other} (or PORT={other} make run)."
            ) from error
    if options.compile:
        compile_missing(read_registry(options.models))
    gunicorn = Path(sys.executable).with_name("gunicorn")
    where = f"{options.host}:{options.port}"
    os.environ.update({**ALLOCATION, **os.environ})
    os.chdir(ROOT)
    os.execv(  # noqa: S606 - the command is ours, no shell
        gunicorn,
        [str(gunicorn), "--config", "gunicorn.conf.py", "--bind", where, "app:create_app()"],
    )


def _check_settings() -> None:
    """Raises CommandError for what gunicorn's worker would end over, with a traceback."""
    from web.services import models_to_warm
    from web.settings import Settings, SettingsError

    try:
        settings = Settings.from_environment(os.environ)
        models_to_warm(settings, read_registry(settings.models_dir))
    except SettingsError as error:
        raise CommandError(str(error)) from error


def _port(text: str) -> int:
    """A port number; argparse tells the rest in one line."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twelvelead", description=NOTICE)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    models = Path(os.environ.get("TWELVELEAD_MODELS_DIR") or ROOT / "models")

    def command(name: str, run: Callable[[Options], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="print JSON")
        added.add_argument("--models", type=Path, default=models, help="folder of the registry")
        return added

    command("models", list_models, "list the models, broken ones with the reason")
    added = command("predict", predict, "ask models about ECG pages")
    added.add_argument("files", nargs="+", type=Path, metavar="FILE")
    added.add_argument("--model", action="append", default=[], help="a key, repeated, or all")
    added = command("evaluate", evaluate, "measure a model on class-named folders")
    added.add_argument("--model", required=True, metavar="KEY")
    added.add_argument("--data", type=Path, required=True, metavar="DIR")
    added.add_argument("--out-of-fold", action="store_true", help="the card's held-out figures")
    added = command(
        "audit", audit, "find copies in a data folder, and pages on both sides of a split"
    )
    added.add_argument("folder", type=Path, metavar="DIR")
    added.add_argument("--against", type=Path, metavar="DIR2", help="another folder, as a test set")
    added.add_argument("--html", type=Path, metavar="FILE", help="write a report with the pictures")
    _add_making(command)
    added = command("serve", serve, "serve the app")
    added.add_argument("--host", default="127.0.0.1")
    added.add_argument("--compile", action="store_true", help="compile what is not, first")
    added.add_argument("--port", type=_port, default=os.environ.get("PORT", "8080"))
    add_data(commands, CommandError)
    return parser


def _add_making(command: Callable[..., argparse.ArgumentParser]) -> None:
    """The commands that write into models' folders."""
    added = command("train", train, "cross-validate by patient, then fit on all pages")
    added.add_argument("key", metavar="KEY")
    added.add_argument("--data", type=Path, required=True, metavar="DIR")
    added.add_argument("--backbone", type=Path, help="ImageNet weights; downloaded without it")
    added.add_argument(
        "--work", type=Path, default=Path("runs"), help="what a later run goes on from"
    )
    added.add_argument("--folds", type=int, default=5)
    added.add_argument("--split", type=Path, help="a split file instead of --folds")
    added.add_argument("--despite-leaks", default="", metavar="WHY", help="told in the card")
    added = command(
        "compile", compile_models, "export models to ONNX, held to their native answers"
    )
    added.add_argument("keys", nargs="*", metavar="KEY", help="all without one")
    added.add_argument("--all", action="store_true", help="all, as without a KEY")
    added.add_argument("--again", action="store_true", help="also what is compiled already")
    added.add_argument("--int8", action="store_true", help="8-bit, where labels stay on --data")
    added.add_argument("--data", type=Path, metavar="DIR", help="labelled pages for --int8")


def _chosen(asked: list[str]) -> list[str] | None:
    """None where no key is named, or `all`: every model that reads what is given."""
    return list(dict.fromkeys(asked)) if asked and "all" not in asked else None


def _predict_file(
    predictor: Predictor,
    file: Path,
    keys: list[str] | None,
    into: tuple[list[dict[str, Any]], list[dict[str, str]]],
) -> None:
    predictions, failures = into
    try:
        answers = predictor.predict(file.read_bytes(), keys)
    except (OSError, PageError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        failures.append({"file": str(file), "detail": f"{told}"})
        return
    predictions += [{"file": str(file)} | p.as_json() for p in answers.predictions]
    failures += [
        {"file": str(file), "model": key, "detail": reason}
        for key, reason in answers.failures.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
