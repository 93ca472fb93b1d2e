"""web.server.settings: all variables, each with one meaning; what can't be used is refused in a sentence."""

from dataclasses import fields
from pathlib import Path

import pytest

from ecg.page.folder_names import DEFAULT_FOLDERS
from tests.support.project import ROOT
from twelvelead.web.server.settings import TABLE, Settings, SettingsError, settings_table


def read(**settings: str) -> Settings:
    """The settings of an environment with these variables, named without TWELVELEAD_."""
    return Settings.from_environment({f"TWELVELEAD_{n}": value for n, value in settings.items()})


def refusal(**settings: str) -> str:
    """The sentence with which these variables are refused."""
    with pytest.raises(SettingsError) as caught:
        read(**settings)
    (sentence,) = str(caught.value).splitlines()
    assert sentence.endswith((".", "?"))
    return sentence


def test_it_works(tmp_path: Path) -> None:
    found = read(
        MODELS_DIR=str(tmp_path),
        DATA_DIR=str(tmp_path),
        DATA_FOLDERS="My Normals (12) = normal; Old MI=history_of_mi;",
        WARM="one, two,",
        RUNS="1",
        THREADS="2",
        MODEL_MEMORY="1.5GB",
        RUNTIME="onnx",
        NATIVE_IDLE="60",
        ANSWERS_KEPT="0",
        ADMITTED="12",
        DEADLINE="7.5",
        HOSTS="ECG.example.org, *.example.net,[2001:db8::1],",
        LOG="off",
    )
    assert found == Settings(
        models_dir=tmp_path,
        data_dir=tmp_path,
        data_folders={"mynormals": "normal", "oldmi": "history_of_mi"},
        warm=("one", "two"),
        runs=1,
        threads=2,
        model_memory=1_500_000_000,
        runtime="onnx",
        native_idle=60,
        answers_kept=0,
        admitted=12,
        deadline=7.5,
        hosts=("ecg.example.org", "*.example.net", "[2001:db8::1]"),
        log="off",
    )


def test_nothing_need_be_set() -> None:
    assert Settings.from_environment({}) == Settings(ROOT / "models", None, DEFAULT_FOLDERS, (), 0)


def test_an_empty_variable_is_none() -> None:
    assert read(**{name.removeprefix("TWELVELEAD_"): "" for name in TABLE}) == Settings()


def test_other_programs_variables_are_nobodys_business() -> None:
    assert Settings.from_environment({"PATH": "/bin", "TWELVE": "x"}) == Settings()


def test_a_home_folder_may_be_written_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "pages").mkdir()
    assert read(DATA_DIR="~/pages").data_dir == tmp_path / "pages"


@pytest.mark.parametrize("name", ["MODELS_DIR", "DATA_DIR"])
def test_a_missing_folder_is_refused(tmp_path: Path, name: str) -> None:
    sentence = refusal(**{name: str(tmp_path / "none")})
    assert f"TWELVELEAD_{name} should be a folder that exists" in sentence


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "a folder that exists" in refusal(DATA_DIR=str(tmp_path / "file"))


@pytest.mark.parametrize("count", ["-1", "257", "two", "1.5", "1e2", " 2", "\u0662"])
@pytest.mark.parametrize("name", ["RUNS", "THREADS"])
def test_a_wrong_number_is_refused(name: str, count: str) -> None:
    assert f"TWELVELEAD_{name} should be a whole number from 0" in refusal(**{name: count})


def test_more_requests_than_threads_are_for_is_refused() -> None:
    assert "from 0 (32 a run) to 512" in refusal(ADMITTED="513")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("512MB", 512_000_000),
        ("1.5GB", 1_500_000_000),
        ("2GiB", 2**31),
        ("64 mib", 2**26),
        ("800kB", 800_000),
        ("1000000", 1_000_000),
        ("1000000B", 1_000_000),
    ],
)
def test_memory_is_read_with_its_unit(text: str, count: int) -> None:
    assert read(MODEL_MEMORY=text).model_memory == count


@pytest.mark.parametrize("text", ["0", "0GB", "-1GB", "much", "1.5TB", "GB", "1,5GB", "1e9", "0.1"])
def test_a_wrong_amount_of_memory_is_refused(text: str) -> None:
    assert "TWELVELEAD_MODEL_MEMORY should be an amount" in refusal(MODEL_MEMORY=text)


@pytest.mark.parametrize("text", ["-1", "0", "0.5", "soon", "1h", "inf", "nan", "3601", "1e2"])
def test_a_wrong_deadline_is_refused(text: str) -> None:
    assert "TWELVELEAD_DEADLINE should be seconds from 1 to 3600" in refusal(DEADLINE=text)


@pytest.mark.parametrize(("name", "text"), [("NATIVE_IDLE", "0"), ("ANSWERS_KEPT", "86401")])
def test_wrong_seconds_are_refused(name: str, text: str) -> None:
    assert f"TWELVELEAD_{name} should be seconds from" in refusal(**{name: text})


@pytest.mark.parametrize(
    "hosts", ["https://ecg.example.org", "ecg.example.org:80", "a b", "ecg/", "*.*", "a.*", "::1"]
)
def test_what_is_no_name_of_a_host_is_refused(hosts: str) -> None:
    assert "TWELVELEAD_HOSTS should be names as in ecg.example.org" in refusal(HOSTS=hosts)


@pytest.mark.parametrize(
    ("name", "choices"), [("RUNTIME", "auto, onnx, native"), ("LOG", "json, text, off")]
)
def test_another_choice_than_those_there_are_is_refused(name: str, choices: str) -> None:
    assert f"TWELVELEAD_{name} should be one of {choices}, not 'other'" in refusal(
        **{name: "other"}
    )


@pytest.mark.parametrize("pairs", ["healthy", "healthy=fine", "a=normal;b", "=", "a:normal"])
def test_folders_without_a_known_label_are_refused(pairs: str) -> None:
    sentence = refusal(DATA_FOLDERS=pairs)
    assert "TWELVELEAD_DATA_FOLDERS should be folder=label" in sentence
    assert all(label in sentence for label in set(DEFAULT_FOLDERS.values()))


def test_an_unknown_name_is_refused_with_the_one_that_was_meant() -> None:
    assert refusal(MODEL_DIR="x") == (
        "There is no setting TWELVELEAD_MODEL_DIR; did you mean TWELVELEAD_MODELS_DIR?"
    )


def test_an_unknown_name_like_none_is_refused_with_all() -> None:
    sentence = refusal(XYZ_QQQ_JJJ_WWW_VVV_KKK_BBB="x")
    assert all(name in sentence for name in TABLE)


def test_the_table_names_every_setting_once() -> None:
    heading, rule, *rows = settings_table().splitlines()
    assert (heading, rule) == ("| variable | default | meaning |", "|---|---|---|")
    names = [row.split("`")[1] for row in rows]
    assert names == [f"TWELVELEAD_{field.name.upper()}" for field in fields(Settings)]
    assert all(row.count("|") == 4 for row in rows)


def test_the_readme_holds_this_very_table() -> None:
    assert settings_table() in (ROOT / "README.md").read_text(encoding="utf-8")
