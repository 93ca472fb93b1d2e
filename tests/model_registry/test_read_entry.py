"""An entry is read as it is written, or refused with the file, the key and what would be right."""

import hashlib
import json
import re
import tempfile
import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.tasks import CARDIAC_PAGE_4
from model_registry.entry import Example, Head, Weights
from model_registry.errors import EntryError, named
from model_registry.preprocessing import Preprocessing
from model_registry.read_entry import read_entry
from tests.support.models.entry_files import KERAS, LABELS, PYTORCH, WEIGHTS, changed, write_entry

# name -> (what stands in the entry, what stands there instead, key that is named, what is right)
WRONG = {
    "no title": ('title = "A model"\n', "", "title", "is missing; it should be a text"),
    "a number as title": ('title = "A model"', "title = 5", "title", "a text, not 5"),
    "an unknown task": ('"cardiac-page-4"', '"cats"', "task", "use one of cardiac-page-4"),
    "an unknown framework": ('"pytorch"', '"caffe"', "framework", "use one of keras, pytorch"),
    "another architecture": ('"vgg16"', '"vgg11"', "architecture", "mobilenet_v2, inception_v3"),
    "another output": ('"logits"', '"softmax"', "output", "use one of probabilities, logits"),
    "an unknown key": ("head = [512]", "heads = 1\nhead = [512]", "heads", "no such key; known"),
    "an unknown table": ("[decision]", "[notes]\na = 1\n[decision]", "notes", "no such key"),
    "a key in the wrong table": ("accept_from", "accept", "decision.accept", "known here are acc"),
    "an unknown label": ('"normal", ', '"norml", ', "labels", "normal, abnormal_heartbeat"),
    "a label twice": ('"normal", ', '"normal", "normal", ', "labels", "each of the model's out"),
    "labels as text": ('["normal", "history_of_mi", ', '"x" #', "labels", "a list, not 'x'"),
    "a number as label": ('"normal", ', "1, ", "labels", "each item should be a text"),
    "a width of nothing": ("head = [512]", "head = [0]", "head", "1 to 8192"),
    "a fraction as width": ("head = [512]", "head = [1.5]", "head", "a whole number"),
    "truth as width": ("head = [512]", "head = [true]", "head", "a whole number"),
    "a pooling of one": ("[1, 1]", "[1]", "pooling", "give [rows, columns]"),
    "a pooling too fine": ("[1, 1]", "[1, 65]", "pooling", "give [rows, columns]"),
    "pooling on another network": ('"vgg16"', '"inception_v3"', "pooling", "resnet50, vgg16, vgg"),
    "an unknown tap": (
        "pooling",
        'taps = ["3"]\npooling',
        "taps",
        "in their order, out of 4, 9, 16",
    ),
    "taps in another order": ("pooling", 'taps = ["9", "4"]\npooling', "taps", "in their order"),
    "no tap": ("pooling", "taps = []\npooling", "taps", "in their order"),
    "taps without pooling": ("pooling = [1, 1]", 'taps = ["4"]', "taps", "with pooling, as in [4"),
    "pooling without a head": ("head = [512]\n", "", "pooling", "goes with a head"),
    "dropout of everything": ("dropout = 0.3", "dropout = 1", "dropout", "from 0 to 0.95"),
    "no weights": ("[weights]", "[weight]", "weights", "is missing; it should be a table"),
    "weights elsewhere": ('"weights.safe', '"../weights.safe', "weights.file", "in this folder"),
    "another suffix": ("weights.safetensors", "weights.pt", "weights.file", ".safetensors or .pth"),
    "Keras weights": ("weights.safetensors", "weights.keras", "weights.file", ".safetensors or"),
    "missing weights": ('"weights.safe', '"w.safe', "weights.file", "w.safetensors is missing"),
    "a short sha256": (hashlib.sha256(WEIGHTS).hexdigest(), "abc", "weights.sha256", "64 hexadec"),
    "one side": ("[224, 320]", "[224]", "preprocessing.size", "[height, width]"),
    "a side too small": ("[224, 320]", "[15, 320]", "preprocessing.size", "16 to 2048"),
    "a side too large": ("[224, 320]", "[224, 2049]", "preprocessing.size", "16 to 2048"),
    "a side too small for VGG": ("[224, 320]", "[31, 320]", "preprocessing.size", "at least 32"),
    "an unknown colour": ('"grey"', '"gray"', "preprocessing.colour", "use one of grey, rgb"),
    "an unknown scale": ('"imagenet"', '"caffe"', "preprocessing.scale", "rescale, imagenet, stan"),
    "two channels": ("channels = 3", "channels = 2", "preprocessing.channels", "use 3, or 1"),
    "ImageNet's scale in one channel": (
        "channels = 3",
        "channels = 1",
        "preprocessing.channels",
        "use",
    ),
    "an unknown step": ('"median"', '"blur"', "preprocessing.steps", "use clahe, median"),
    "steps in colour": ('"grey"', '"rgb"', "preprocessing.steps", 'with colour = "grey"'),
    "no size": ("size = [224, 320]", "", "preprocessing.size", "is missing; it should be a list"),
    "a temperature of 0": ("1.5", "0", "calibration.temperature", "from 0.01 to 100"),
    "a temperature that is none": ("1.5", "nan", "calibration.temperature", "from 0.01"),
    "a temperature in words": ("1.5", '"hot"', "calibration.temperature", "a number, not 'hot'"),
    "acceptance over 1": ("0.6", "1.1", "decision.accept_from", "from 0 to 1"),
    "an example elsewhere": ('"example.png"', '"../e.png"', "example.image", "in this folder"),
    "a missing example": ('"example.png"', '"e.png"', "example.image", "name a picture in this"),
    "an example of 3 labels": ("[0.1, 0.2, 0.3, 0.4]", "[0.3, 0.3, 0.4]", "example.prob", "give 4"),
    "an example over 1": ("0.3, 0.4]", "0.3, 0.9]", "example.probabilities", "add up to 1"),
    "an example below 0": ("[0.1, 0.2", "[-0.1, 0.4", "example.probabilities", "add up to 1"),
    "an example that is none": ("[0.1, 0.2", "[nan, 0.2", "example.probabilities", "add up to 1"),
}


KEYS = [
    *(line.split(" = ")[0] for line in PYTORCH.split("\n\n")[0].splitlines()),
    *(
        "weights.file",
        "weights.sha256",
        "preprocessing.size",
        "preprocessing.colour",
        "preprocessing",
    ),
    *("preprocessing.channels", "preprocessing.steps", "calibration.temperature", "calibration"),
    *("example", "example.image", "example.signal", "example.probabilities", "segment"),
]
PLAIN = st.one_of(
    *(st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.datetimes()),
    st.sampled_from(["keras", "pytorch", "ensemble", "beat-six", "rgb", "inception_v3", "window"]),
)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["form", "signal", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def sentence(file: Path) -> str:
    """Why an entry is refused; empty where it is read."""
    try:
        read_entry(file)
    except EntryError as error:
        return str(error)
    return ""


def complaint(file: Path) -> str:
    with pytest.raises(EntryError) as refused:
        read_entry(file)
    return str(refused.value)


def test_it_works(tmp_path: Path) -> None:
    file = write_entry(tmp_path)
    entry = read_entry(file)

    assert entry.key == "a_model"
    assert entry.title == "A model"
    assert entry.task is CARDIAC_PAGE_4
    assert (entry.framework, entry.architecture, entry.output) == ("pytorch", "vgg16", "logits")
    assert entry.labels == LABELS
    assert entry.weights == Weights(
        file.parent / "weights.safetensors", hashlib.sha256(WEIGHTS).hexdigest()
    )
    assert entry.preprocessing == Preprocessing(
        (224, 320), "grey", "imagenet", 3, ("median", "clahe")
    )
    assert entry.head == Head((512,), (1, 1), 0.3)
    assert (entry.temperature, entry.accept_from) == (1.5, 0.6)
    assert isinstance(entry.example, Example)
    assert entry.example.image == file.parent / "example.png"
    assert entry.example.probabilities == (0.1, 0.2, 0.3, 0.4)
    assert entry.folder == file.parent
    assert entry.metrics is None


@settings(max_examples=200, deadline=None)
@given(change=st.tuples(st.sampled_from(KEYS), ANYTHING))
def test_whatever_stands_under_a_key_it_is_read_or_refused(change: tuple[str, object]) -> None:
    path, value = change
    says = tomllib.loads(PYTORCH)
    *tables, key = path.split(".")
    table = says
    for name in tables:
        table = table[name]
    table[key] = value
    with tempfile.TemporaryDirectory() as folder:
        file = write_entry(Path(folder), tomli_w.dumps(says))
        told = sentence(file)
        assert re.fullmatch(rf"|{named(file)}: key '[a-z0-9._]+': [^:].+\.", told, re.DOTALL)


def test_what_may_be_left_out_has_a_plain_default(tmp_path: Path) -> None:
    entry = read_entry(write_entry(tmp_path, KERAS))

    assert entry.preprocessing == Preprocessing((64, 96), "rgb", "rescale", 3, ())
    assert entry.head == Head(None, None, 0.5)
    assert (entry.temperature, entry.accept_from) == (1.0, 0.5)
    assert entry.architecture == ""
    assert entry.example is None


@pytest.mark.parametrize(("scale", "channels"), [("rescale", 1), ("standard", 1)])
def test_grey_has_one_channel_unless_told_otherwise(
    tmp_path: Path, scale: str, channels: int
) -> None:
    text = changed(KERAS, '"rgb"', '"grey"')
    entry = read_entry(write_entry(tmp_path, changed(text, '"rescale"', f'"{scale}"')))

    assert entry.picture.channels == channels


def test_imagenets_scale_has_three_channels_unless_told_otherwise(tmp_path: Path) -> None:
    entry = read_entry(write_entry(tmp_path, changed(PYTORCH, "channels = 3\n", "")))

    assert entry.picture.channels == 3


def test_an_empty_head_is_one_linear_layer_and_no_head_is_torchvisions(tmp_path: Path) -> None:
    linear = read_entry(write_entry(tmp_path, changed(PYTORCH, "[512]", "[]"), "linear"))
    stock = changed(changed(PYTORCH, "head = [512]\n", ""), "pooling = [1, 1]\n", "")

    assert linear.head.hidden == ()
    assert read_entry(write_entry(tmp_path, stock, "stock")).head.hidden is None


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_file_and_key(tmp_path: Path, name: str) -> None:
    old, new, key, right = WRONG[name]
    file = write_entry(tmp_path, changed(PYTORCH, old, new))
    told = complaint(file)

    assert told.startswith(f"{named(file)}: key '{key}")
    assert right in told


@pytest.mark.parametrize(
    ("name", "value"), [("head", "[512]"), ("pooling", "[1, 1]"), ("dropout", "0.5")]
)
def test_a_head_is_not_for_keras(tmp_path: Path, name: str, value: str) -> None:
    file = write_entry(tmp_path, f"{name} = {value}\n{KERAS}")

    assert complaint(file).startswith(f"{named(file)}: key '{name}': there is no such key")


def test_a_pytorch_network_reads_three_channels(tmp_path: Path) -> None:
    text = changed(changed(PYTORCH, '"imagenet"', '"rescale"'), "channels = 3", "channels = 1")

    assert "key 'preprocessing.channels': vgg16 reads 3 channels" in complaint(
        write_entry(tmp_path, text)
    )


def test_inception_v3_needs_75_pixels(tmp_path: Path) -> None:
    text = changed(changed(PYTORCH, '"vgg16"', '"inception_v3"'), "pooling = [1, 1]\n", "")
    file = write_entry(tmp_path, changed(text, "[224, 320]", "[74, 320]"))

    assert "key 'preprocessing.size': inception_v3 needs at least 75 px" in complaint(file)


def test_a_git_lfs_pointer_is_named_as_such(tmp_path: Path) -> None:
    file = write_entry(tmp_path)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 14\n"
    Path(file.parent, "weights.safetensors").write_text(pointer, encoding="utf-8")
    told = complaint(file)

    assert told.startswith(
        f"{named(file)}: key 'weights.file': weights.safetensors is a Git-LFS pointer"
    )
    assert "run `git lfs pull`" in told


@pytest.mark.parametrize("text", ["title = ", "title = 1\ntitle = 2", "<html>", "\x00"])
def test_what_is_not_toml_is_told_with_its_file(tmp_path: Path, text: str) -> None:
    file = write_entry(tmp_path, text)

    assert complaint(file).startswith(f"{named(file)}: this is not TOML")


def test_bytes_that_are_no_text_are_not_toml(tmp_path: Path) -> None:
    file = write_entry(tmp_path)
    file.write_bytes(b"title = '\xff\xfe'")

    assert complaint(file).startswith(f"{named(file)}: this is not TOML")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a_model" / "model.toml"

    assert complaint(file).startswith(f"{named(file)}: can't be read")


@pytest.mark.parametrize("key", ["A_Model", "a model", "-a", "a" * 65, "modèle", "a.b"])
def test_a_folder_that_is_no_key_is_refused(tmp_path: Path, key: str) -> None:
    file = write_entry(tmp_path, key=key)

    assert complaint(file).startswith(
        f"{named(file)}: the folder's name is the model's key and may"
    )


def test_metrics_beside_the_entry_are_read(tmp_path: Path) -> None:
    file = write_entry(tmp_path)
    (file.parent / "metrics.json").write_text(json.dumps({"macro_f1": 0.9}), encoding="utf-8")

    assert read_entry(file).metrics == {"macro_f1": 0.9}


@pytest.mark.parametrize(("text", "right"), [("{", "this is not JSON"), ("[1]", "one JSON object")])
def test_metrics_that_are_none_are_refused(tmp_path: Path, text: str, right: str) -> None:
    file = write_entry(tmp_path)
    metrics = file.parent / "metrics.json"
    metrics.write_text(text, encoding="utf-8")
    told = complaint(file)

    assert told.startswith(f"{named(metrics)}: ")
    assert right in told


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_metrics_with_numbers_that_json_does_not_know_are_refused(
    tmp_path: Path, number: str
) -> None:
    file = write_entry(tmp_path)
    (file.parent / "metrics.json").write_text(f'{{"auc": {number}}}', encoding="utf-8")

    assert number in complaint(file)
