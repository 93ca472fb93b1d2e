"""What the yardstick asks: every model, every route, every command."""

import json
import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.yardstick_system import ROOT, System, Value

PREDICTIONS, SIGNALS = "/api/v1/predictions", "/api/v1/signals/predictions"
# a second or more a recording: as files of one recording only
SLOW = ("beat_ensemble", "beat_vgg16", "beat_vgg19")
COMMANDS = ("models", "predict", "beats", "evaluate", "audit", "train", "compile", "serve")
PATIENCE = 600  # s for a recording in the background


def ask_everything(system: System) -> None:
    """All that is asked, part by part."""
    listed = system.get("/api/v1/models", "application/json")["models"]
    keys = [one["key"] for one in listed]
    for part in (ask_pictures, ask_recordings, ask_pages, ask_forms, ask_command):
        begun = time.monotonic()
        part(system, keys)
        print(f"{part.__name__}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    for pattern in ("*/out_of_fold.csv", "*/metrics.json", "comparison.json"):
        for file in sorted((ROOT / "models").glob(pattern)):
            system.note(f"sha256 {file.relative_to(ROOT)}", file)


def ask_pictures(system: System, keys: list[str]) -> None:
    """Every model about every page and every picture of a beat."""
    pages, beats = _files(system, "pages/*/*"), _files(system, "beats/*/*")
    examples = _files(system, "examples/*.png")
    for picture in [*pages, *beats, *examples, *_files(system, "faulty/*")]:
        system.post(PREDICTIONS, {"model": "all", "file": picture})
        system.post("/api/v1/frame", {"file": picture})
    for key in keys:  # alone, each says what it says among all: some pictures are enough
        for picture in [*pages[::6], *beats[::2]]:
            system.post(PREDICTIONS, {"model": key, "file": picture})
        for example in examples:
            if example.stem == key:
                system.post(PREDICTIONS, {"model": key, "file": example})


def ask_recordings(system: System, keys: list[str]) -> None:
    """Every model about every beat, as JSON, CSV and annotations."""
    record = [file for file in _files(system, "record/*") if file.suffix in (".hea", ".dat")]
    tables = _files(system, "recordings/*")
    brought = [[file, file.with_suffix(".dat")] for file in _files(system, "mitdb/*.hea")]
    others: list[Path | list[Path]] = [*_files(system, "signals/*")[:1], *brought]
    for recording in (record, *tables, *others, *_files(system, "faulty/*")):
        told = system.post(SIGNALS, {"model": "all", "file": recording})
        named = [one["model"] for one in told.get("predictions", ())]
        files = recording == record or recording in tables
        for key in named if files else ():
            for form in ("csv", "atr") if recording == record or key not in SLOW else ():
                system.post(SIGNALS, {"model": key, "format": form, "file": recording})
    for key in keys:
        for example in _files(system, f"examples/{key}.csv"):
            system.post(SIGNALS, {"model": key, "file": example})
        if key not in SLOW:
            system.post(SIGNALS, {"model": key, "rate": "250", "file": tables[0]})
    ask_variations(system, tables[0])
    system.post(SIGNALS, {"file": record[:1]})


def ask_variations(system: System, table: Path) -> None:
    """What may be said about a recording, and how its answer may be asked for."""
    usual: dict[str, Value] = {"file": table}
    system.post(SIGNALS, usual)
    for name in ("lead=V1", "lead=2", "lead=aVF", "rate=250", "rate=360,0", "rate=9", "rate=fast"):
        system.post(SIGNALS, usual | dict([name.split("=")]))
    for name in ("unit=mV", "unit=adc", "unit=V", "format=xml", "model=none", "sample=a"):
        system.post(SIGNALS, usual | dict([name.split("=")]))
    for accept in ("text/csv", "application/octet-stream", "application/json"):
        system.post(SIGNALS, usual, accept)
    for sample in _files(system, "signals/*"):
        system.post(SIGNALS, {"sample": sample.stem})
    system.post(SIGNALS, {"model": "all", "format": "csv", "file": table})


def ask_pages(system: System, keys: list[str]) -> None:
    """What is read in a browser, and what is told about models."""
    for key in [*keys, "unknown"]:
        system.get(f"/api/v1/models/{key}/metrics", "application/json")
        system.get(f"/models/{key}")
    for address in ("/", "/models", "/signals", "/api", "/browse", "/nowhere", "/predict"):
        system.get(address)
        system.get(address, "application/json")
    for address in ("/?sample=unknown&model=vgg16", "/models?sort=accuracy&order=up"):
        system.get(address)
    for address in ("/openapi.json", "/livez", "/readyz", "/signals/unknown"):
        system.get(address, "application/json")
    shown = re.findall(r"/pictures/(\w+)", json.dumps(system.get("/")))
    for picture in dict.fromkeys(shown):
        system.get(f"/pictures/{picture}")
        system.get(f"/pictures/{picture}/thumbnail")
    classify_in_background(system, _files(system, "recordings/*")[1], keys)


def classify_in_background(system: System, recording: Path, keys: list[str]) -> None:
    """The pages of one recording, whose address is drawn by chance."""
    address = system.post_away("/signals", {"model": "all", "file": recording}, "JOB")
    for _ in range(PATIENCE):
        told = system.client.get(f"{address}/progress").json or {}
        if told.get("state") not in ("waiting", "running"):
            break
        time.sleep(1)
    for rest in ("", "?label=V", "?label=N&page=2", "/progress", "/trace", "/beats"):
        system.get(address + rest)
    for rest in ("/trace?from=10&to=20&points=500", "/trace?from=x", "/annotations.xml"):
        system.get(address + rest)
    for key in keys:
        for rest in ("", "/beats", "/annotations.csv", "/annotations.atr"):
            system.get(f"{address}{rest}?model={key}")
    system.post(f"{address}/forget", {})
    system.get(address)


def ask_forms(system: System, keys: list[str]) -> None:
    """Forms of the page and of earlier clients, traces, and what is refused."""
    page, other = _files(system, "pages/*/*")[:2]
    beat, table = _files(system, "beats/*/*")[0], _files(system, "recordings/*")[0]
    for picture in (page, beat):
        for accept in ("text/html", "application/json"):
            system.post("/predict", {"model_key": "all", "upload_image": picture}, accept)
            system.post("/", {"model": "all", "file": picture}, accept)
            system.post("/results", {"model": "all", "file": picture}, accept)
    sample = {
        "image_source": "sample",
        "sample_path": f"static/samples/{page.parent.name}/{page.name}",
    }
    for key in keys:
        system.post("/predict", sample | {"model_key": key}, "application/json")
        system.post("/predict", {"model_key": key, "image_source": "upload", "file": table})
    for picture in (*_files(system, "pages/*/*")[::4], beat, *_files(system, "faulty/*")):
        system.post("/api/v1/traces", {"file": picture}, "text/csv")
    system.post("/api/v1/traces", {"file": page}, "application/json")
    system.post("/traces.csv", {"file": page})
    for address in (PREDICTIONS, SIGNALS, "/predict", "/", "/api/v1/frame", "/api/v1/traces"):
        for accept in ("text/html", "application/json"):
            system.post(address, {}, accept)
            system.post(address, {"model": "all"}, accept)
            system.post(address, {"model": "unknown", "file": page}, accept)
            system.post(address, {"model": "small_cnn", "sample": "unknown"}, accept)
            system.post(address, {"model": "small_cnn", "file": [page, other]}, accept)
    system.post("/models", {})


def ask_command(system: System, keys: list[str]) -> None:
    """The command: its help, and its answers as JSON and for people."""
    del keys
    for name in ("", *COMMANDS, "data fetch"):
        system.run(*name.split(), "--help")
    inputs = system.inputs
    page, beat = _files(system, "pages/*/*")[0], _files(system, "beats/*/*")[0]
    table, record = _files(system, "recordings/*")[1], inputs / "record" / "simulated"
    system.run("predict")
    system.run("models")
    system.run("models", "--json")
    system.run("predict", "--json", page, beat, table, *_files(system, "faulty/*"))
    system.run("predict", page, beat, record, "--model", "custom_cnn", "--model", "beat_six")
    system.run("predict", "--json", page, "--model", "unknown")
    system.run("beats", "--json", table, record, "--model", "beat_six", "--model", "beat_resnet50")
    system.run("beats", "--json", table, "--lead", "V1", "--rate", "250", "--model", "none")
    with TemporaryDirectory() as folder:
        system.hidden[folder] = "OUT"
        for out in (Path(folder) / "out.csv", Path(folder) / "out.atr", Path(folder) / "out.txt"):
            system.run("beats", table, "--out", out)
            system.note(f"sha256 of the command's {out.name}", out)
    audited = inputs / "audited" / "train", "--against", inputs / "audited" / "test"
    system.run("audit", "--json", *audited)
    system.run("audit", *audited)
    for words in (("audited/train", "small_cnn"), ("beats", "beat_six")):
        system.run("evaluate", "--json", "--data", inputs / words[0], "--model", words[1])
    records = "--data", inputs / "record", "--model", "beat_signal_cnn"
    system.run("evaluate", "--json", *records)
    system.run("evaluate", *records, "--detected")
    system.run("evaluate", "--data", inputs / "pages", "--model", "small_cnn", "--out-of-fold")


def _files(system: System, pattern: str) -> list[Path]:
    return sorted(path for path in system.inputs.glob(pattern) if path.is_file())
