"""audit.report and audit_text: what people read of an audit."""

from pathlib import Path

import pytest

from ecg.tasks import NOTICE
from tests.support.pages.drawn_copies import jpeg, put, resized, simulated_page
from twelvelead.audit import report as audit_report
from twelvelead.audit.folder import Audit, audit
from twelvelead.audit.report import report, write_report
from twelvelead.audit.text import audit_text, meaning


@pytest.fixture
def found(tmp_path: Path) -> Audit:
    """A copy, a near-duplicate in the other split, and a name that is markup."""
    one = resized(simulated_page(1), 0.5)
    put(tmp_path / "data/train/normal/<b>&.jpg", jpeg(one))
    put(tmp_path / "data/train/normal/copy.jpg", jpeg(one))
    put(tmp_path / "data/test/normal/near.jpg", jpeg(one, 40))
    put(tmp_path / "data/test/normal/broken.jpg", b"")
    return audit(tmp_path / "data")


def test_the_text_holds_the_table_the_pairs_and_what_they_mean(found: Audit) -> None:
    told = audit_text(found).splitlines()
    assert told[0].split() == ["class", "files", "distinct", "copies"]
    assert told[1].split() == ["normal", "3", "2", "1"]
    assert "identical files: 1" in told
    assert "  test/normal/near.jpg -> train/normal/<b>&.jpg  near" in told
    assert told[-1] == meaning(found)
    assert "memory, not skill" in told[-1]


def test_long_lists_end_after_twenty_lines(tmp_path: Path) -> None:
    one = jpeg(resized(simulated_page(1), 0.5))
    for number in range(22):
        put(tmp_path / f"train/{number}.jpg", one)
        put(tmp_path / f"test/{number}.jpg", one)
    told = audit_text(audit(tmp_path))
    assert told.count(" -> ") == 20
    assert "  and 2 more" in told


def test_a_folder_without_copies_is_told_so(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", jpeg(resized(simulated_page(1), 0.5)))
    assert audit_text(audit(tmp_path)).endswith("No copy was found: no page stands here twice.")


def test_the_report_is_one_file_with_pictures_and_escaped_names(
    found: Audit, tmp_path: Path
) -> None:
    write_report(found, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;&amp;.jpg" in text
    assert "<b>" not in text
    assert text.count('src="data:image/jpeg;base64,') == text.count("<img ") == 6
    assert "http" not in text
    assert "prefers-color-scheme" in text
    assert NOTICE.replace("'", "&#x27;") in text
    assert not list(tmp_path.glob("*.part"))


def test_the_report_shows_only_so_many_pairs(found: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_report, "SHOWN", 1)
    text = report(found)
    assert text.count('class="pair"') == 1
    assert "and 2 more" in text


def test_a_picture_that_went_away_since_is_named_without_one(found: Audit) -> None:
    (found.folder / "test/normal/near.jpg").unlink()
    assert "test/normal/near.jpg (no longer readable)" in report(found)


def test_a_report_that_cannot_be_written_leaves_nothing(found: Audit, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        write_report(found, tmp_path / "nowhere" / "report.html")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_report(found, tmp_path / "taken")
    assert not list(tmp_path.glob("*.part"))
