"""web.views.pages: one page does the job without a script; a data set is browsed by class and split."""

import hashlib
import io
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from PIL import Image

from ecg.reason import Reason
from ecg.tasks import CARDIAC_PAGE_4, NOTICE
from model_registry.registry import read_registry
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.web_fakes import PAGE, FakePredictor, a_sample, form, make_app, tags
from twelvelead.inference.gate.finding import Finding

NORMAL = "train/Normal Person ECG Images (284x12=3408)"
INFARCTION = "test/ECG Images of Myocardial Infarction Patients (240x12=2880)"
MARKER = "Zyxw4711Patient"
SPELLINGS = [
    f"../{MARKER}",
    f"..%2f..%2f{MARKER}",
    f"%2e%2e/%2e%2e/{MARKER}",
    f"..%252f..%252f{MARKER}",
    f"....//....//{MARKER}",
    f"..\\..\\{MARKER}",
    f"..%5c..%5c{MARKER}",
    f"%c0%ae%c0%ae/{MARKER}",
    f"//etc/{MARKER}",
    f"%2fetc%2f{MARKER}",
    f"C:%5c{MARKER}",
    f"{MARKER}%00.png",
    f"{MARKER}%0d%0aX-Header:%20{MARKER}",
    f"file:%2f%2f%2f{MARKER}",
    f"~/{MARKER}",
]


@pytest.fixture
def app(models_dir: Path) -> Flask:
    return make_app(models_dir)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The public layout: 26 normal pages in train, two infarctions in test."""
    root = tmp_path / "data"
    for folder, count in ((NORMAL, 26), (INFARCTION, 2)):
        (root / folder).mkdir(parents=True)
        for number in range(count):
            page = draw_page((300, 210), seed=number)
            (root / folder / f"{MARKER} {number:02}.png").write_bytes(encode(page))
    return root


@pytest.fixture
def browser(models_dir: Path, data_dir: Path) -> FlaskClient:
    return make_app(models_dir, data_dir=data_dir).test_client()


def inputs(page: str, name: str) -> list[dict[str, str]]:
    """The attributes of the form's inputs of this name."""
    return [one for one in tags(page, "input") if one.get("name") == name]


def chosen(page: str, name: str) -> list[str]:
    """The values of this name that are checked."""
    return [one["value"] for one in inputs(page, name) if "checked" in one]


def test_it_works(client: FlaskClient) -> None:
    answer = client.post("/", data=form("tiny_torch"))
    assert answer.status_code == 200
    assert "Myocardial infarction" in answer.text
    assert "70.0&thinsp;%" in answer.text
    assert "fake 1.0" in answer.text
    assert escape(NOTICE) in answer.text


def test_every_model_is_a_card_to_pick_from(client: FlaskClient) -> None:
    page = client.get("/").text
    assert [one["value"] for one in inputs(page, "model")] == ["tiny_keras", "tiny_torch"]
    assert chosen(page, "model") == ["tiny_keras", "tiny_torch"]
    for words in ("Tiny keras model", "PyTorch", "56 &times; 32 px", "loads on first use"):
        assert words in page


def test_a_model_that_cannot_be_used_is_shown_with_the_reason(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir), {"tiny_torch": "Its weights are <gone>."})
    page = make_app(models_dir, predictor).test_client().get("/").text
    assert "Its weights are &lt;gone&gt;." in page
    assert chosen(page, "model") == ["tiny_keras"]
    assert "disabled" in inputs(page, "model")[1]


def test_the_gallery_shows_every_class_each_picture_marked_simulated(client: FlaskClient) -> None:
    page = client.get("/").text
    for title in CARDIAC_PAGE_4.labels.values():
        assert f'<h3 class="class-name">{title}</h3>' in page
    samples = inputs(page, "sample")
    assert len(samples) >= 16
    assert page.count("<em>simulated</em>") == len(samples)
    pictures = [one for one in tags(page, "img") if "thumbnail" in one.get("src", "")]
    assert all(one["alt"].startswith("Simulated page: ") for one in pictures)


def test_every_picture_of_the_page_can_be_had(client: FlaskClient) -> None:
    for one in tags(client.get("/").text, "img"):
        if "src" in one:
            with client.get(one["src"]) as answer:
                assert answer.status_code == 200
                assert (answer.mimetype or "").startswith("image/")


def test_choices_stay_after_the_answer(app: Flask, client: FlaskClient) -> None:
    fields: Any = {"model": "tiny_torch", "sample": a_sample(app)}
    page = client.post("/", data=fields).text
    assert chosen(page, "model") == ["tiny_torch"]
    assert chosen(page, "sample") == [a_sample(app)]
    assert f'src="/pictures/{a_sample(app)}"' in page
    (frame,) = tags(page, "polygon")
    across = [float(corner.split(",")[0]) for corner in frame["points"].split()]
    assert len(across) == 4
    assert max(across) > min(across) > 0


def test_answers_of_several_models_stand_side_by_side(client: FlaskClient) -> None:
    page = client.post("/", data=form("all")).text
    assert page.count('<article class="card accepted">') == 2
    assert "tiny_keras says Normal, tiny_torch says Myocardial infarction, and each" in page
    assert '<div class="verdict uncertain">' in page


def examined_app(models_dir: Path, finding: Finding) -> FlaskClient:
    """Where every picture is found to be this."""
    predictor = FakePredictor(read_registry(models_dir), examine=lambda _: finding)
    return make_app(models_dir, predictor).test_client()


def test_a_refused_page_shows_its_reason_and_no_class_anywhere(models_dir: Path) -> None:
    finding = Finding(refusals=(Reason("no_ecg", "This is no <ECG>."),))
    client = examined_app(models_dir, finding)
    shown = client.post("/results", data=form("all")).text
    assert shown.count("This is no &lt;ECG&gt;.") == 1
    assert "No class is given." in shown
    assert "Not asked: tiny_keras, tiny_torch." in shown
    assert "<article" not in shown
    assert not [title for title in CARDIAC_PAGE_4.labels.values() if title in shown]
    told = client.post("/api/v1/predictions", data=form("all")).json or {}
    assert (told["verdict"]["label"], told["verdict"]["probabilities"]) == (None, {})
    assert [(one["label"], one["probabilities"]) for one in told["predictions"]] == [(None, {})] * 2


def test_an_uncertain_answer_is_no_headline(models_dir: Path) -> None:
    finding = Finding(doubts=(Reason("blurred", "It is too blurred."),))
    shown = examined_app(models_dir, finding).post("/results", data=form("tiny_keras")).text
    assert re.findall(r'<p class="label">(.*?)</p>', shown) == ["Uncertain"]
    assert '<p class="perhaps">Perhaps Normal</p>' in shown
    assert "Uncertain: tiny_keras finds Normal most probable." in shown


def test_a_model_that_fails_stands_beside_those_that_answer(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir), {"tiny_torch": "It is <out>."})
    page = make_app(models_dir, predictor).test_client().post("/", data=form("all")).text
    assert page.count('<article class="card accepted">') == 1
    assert '<article class="card failed">' in page
    assert "It is &lt;out&gt;." in page


def test_what_is_wrong_is_said_with_its_status_and_choices_stay(
    app: Flask, client: FlaskClient
) -> None:
    answer = client.post("/", data=form("tiny_torch", file=b"text", name="page.jpg"))
    assert answer.status_code == 415
    assert (
        ">The file is not a picture but a text: send a picture of an ECG page.</p>" in answer.text
    )
    assert chosen(answer.text, "model") == ["tiny_torch"]
    unknown = client.post("/", data={"sample": a_sample(app), "model": "unknown"})
    assert unknown.status_code == 404
    assert chosen(unknown.text, "sample") == [a_sample(app)]


def test_without_scripts_a_file_counts_before_a_sample_that_stays_chosen(
    app: Flask, client: FlaskClient
) -> None:
    page = client.post("/", data=form("tiny_torch", sample=a_sample(app)))
    assert page.status_code == 200
    digest = hashlib.sha256(PAGE).hexdigest()
    assert digest in page.text


def test_the_script_gets_the_answers_alone(client: FlaskClient) -> None:
    part = client.post("/results", data=form("all")).text
    assert part.lstrip().startswith('<section class="answers"')
    assert "<html" not in part


def test_a_picture_may_be_chosen_by_its_address(app: Flask, client: FlaskClient) -> None:
    assert chosen(client.get(f"/?sample={a_sample(app)}").text, "sample") == [a_sample(app)]


def test_an_unknown_picture_in_the_address_chooses_nothing(client: FlaskClient) -> None:
    answer = client.get("/?sample=none&model=none")
    assert answer.status_code == 200
    assert chosen(answer.text, "sample") == []


def test_browsing_without_a_data_set_explains_how_to_set_one(client: FlaskClient) -> None:
    page = client.get("/browse")
    assert page.status_code == 200
    assert "TWELVELEAD_DATA_DIR" in page.text


def test_a_data_set_is_browsed_in_pages_of_thumbnails(browser: FlaskClient) -> None:
    first, second = (browser.get(f"/browse?page={page}").text for page in (1, 2))
    assert "28 pages, page 1 of 2" in first
    assert [page.count('class="sample"') for page in (first, second)] == [24, 4]
    assert "page=2" in first
    assert "page=1" in second
    assert MARKER not in first + second


@pytest.mark.parametrize(("page", "shown"), [("0", 24), ("-1", 24), ("99", 4), ("two", 24)])
def test_a_page_that_is_not_there_shows_the_nearest(
    browser: FlaskClient, page: str, shown: int
) -> None:
    assert browser.get(f"/browse?page={page}").text.count('class="sample"') == shown


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("label=normal", 26),
        ("label=myocardial_infarction", 2),
        ("split=test", 2),
        ("label=normal&split=test", 0),
        ("label=unheard_of", 0),
    ],
)
def test_a_data_set_is_browsed_by_class_and_split(
    browser: FlaskClient, query: str, count: int
) -> None:
    assert f"{count} pages" in browser.get(f"/browse?{query}").text


def test_a_page_of_the_data_set_goes_to_the_models(browser: FlaskClient) -> None:
    link = next(one for one in tags(browser.get("/browse").text, "a") if "?sample=" in one["href"])
    page = browser.get(link["href"]).text
    (sample,) = chosen(page, "sample")
    assert "from the data set" in page
    assert browser.post("/", data={"model": "all", "sample": sample}).status_code == 200


def test_pictures_are_shown_upright_small_and_without_metadata(
    models_dir: Path, tmp_path: Path
) -> None:
    page, exif = draw_page((600, 420)), Image.Exif()
    exif[0x0112], exif[0x010E] = 6, MARKER  # to be turned by a quarter; a description
    told = {"exif": exif, "comment": MARKER.encode()}
    (tmp_path / "one.jpg").write_bytes(encode(page, "JPEG", **told) + MARKER.encode())
    app = make_app(models_dir, data_dir=tmp_path)
    (picture,) = app.extensions["twelvelead"].data.pictures
    for address, most in (("", 1600), ("/thumbnail", 320)):
        answer = app.test_client().get(f"/pictures/{picture.id}{address}")
        assert answer.mimetype == "image/jpeg"
        assert MARKER.encode() not in answer.data
        with Image.open(io.BytesIO(answer.data)) as shown:
            assert (shown.format, dict(shown.getexif())) == ("JPEG", {})
            assert shown.height > shown.width
            assert max(shown.size) <= most


def test_a_link_out_of_the_data_folder_is_not_reachable(models_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PAGE)
    (tmp_path / "data" / "normal").mkdir(parents=True)
    (tmp_path / "data" / "normal" / "out.png").symlink_to(tmp_path / "secret.png")
    client = make_app(models_dir, data_dir=tmp_path / "data").test_client()
    assert "0 pages" in client.get("/browse").text
    guessed = hashlib.sha256(b"normal/out.png").hexdigest()[:32]
    assert client.get(f"/pictures/{guessed}").status_code == 404


@pytest.mark.parametrize("before", ["/pictures/", "/static/", "/static/samples/"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_path_leads_out(client: FlaskClient, before: str, spelling: str) -> None:
    answer = client.get(before + spelling, headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert MARKER not in answer.text + str(answer.headers)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_path_is_a_sample(client: FlaskClient, spelling: str) -> None:
    for field in ("sample", "sample_path"):
        fields = {"model": "all", field: spelling, "file": (BytesIO(b""), "")}
        answer = client.post("/predict", data=fields)
        assert answer.status_code == 404
        assert MARKER not in answer.text
