"""The pages on signals in a real browser: half an hour is sent, looked at, filtered and taken home."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.models.beat_models import make_fake_beat_model, simulated
from tests.support.models.fake_framework import make_fake_model
from tests.support.signals.signal_fakes import MODEL, PAGES
from tests.support.web.web_fakes import FAKE, served
from tests.web.browser.test_browser_walk import DESK, NO_SCRIPT, PHONE, Browser, start

pytestmark = pytest.mark.slow

MINUTES = 30
WIDE = "return document.documentElement.scrollWidth"
INSIDE = "return document.documentElement.clientWidth"
POINTS = "return document.querySelectorAll('#trace-plot .scatterlayer .trace:first-child .lines path').length"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour at 360 Hz, whose every third to fifth beat is early, as a CSV without a rate."""
    minute = simulated("pvc", 60.0).values[0]
    file = tmp_path_factory.mktemp("record") / "half_an_hour.csv"
    values = "\n".join(f"{value:.3f}" for value in np.tile(minute, MINUTES))
    file.write_text(f"MLII (mV)\n{values}\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    models = tmp_path_factory.mktemp("models")
    make_fake_model(models, PAGES)
    make_fake_beat_model(models, MODEL)
    with served(models, FAKE) as server:
        yield server.address


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser puts what it downloads."""
    return tmp_path_factory.mktemp("taken")


@pytest.fixture(scope="module")
def browser(
    address: str, record: Path, taken: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The browser on the page of the recording, which it has sent through the form."""
    driver = start(tmp_path_factory.mktemp("profile"))
    found = Browser(driver, address)
    found.resize(DESK)
    found.tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(taken))
    found.open("/signals")
    found.one("#files").send_keys(str(record))
    found.one("input[name=rate]").send_keys("360")
    found.one("#go").click()
    found.until(lambda: found.all("#bar") or found.all("#viewer"))
    found.until(lambda: drawn(found))
    yield found
    driver.quit()


def drawn(browser: Browser) -> bool:
    """Whether both plots are there."""
    plots = browser.all("#trace-plot .main-svg") and browser.all("#rr-plot .main-svg")
    return bool(plots) and browser.driver.execute_script(POINTS) == 1


def shown(browser: Browser) -> tuple[float, float]:
    """The seconds that are in sight."""
    begin, end = (browser.one("#trace-plot").get_attribute("data-shown") or "0 0").split()
    return float(begin), float(end)


def do(browser: Browser, name: str) -> None:
    """Presses a button of the viewer and waits until the trace follows."""
    before = shown(browser)
    browser.one(f"[data-do={name}]").click()
    browser.until(lambda: shown(browser) != before)


def width(browser: Browser) -> float:
    begin, end = shown(browser)
    return end - begin


def count(browser: Browser) -> int:
    """How many beats the table has."""
    return int(browser.one("#table-count").text.split()[0].replace(",", ""))


def test_it_works(browser: Browser) -> None:
    assert "/signals/" in browser.driver.current_url
    assert "0:30:00" in browser.one(".tiles").text
    assert "as asked" in browser.one(".tiles").text
    assert len(browser.all("#beats tbody tr")) == 15
    assert len(browser.all(".template .beat-line")) == 2
    assert width(browser) == pytest.approx(10, abs=0.01)
    marks = browser.all("#trace-plot .scatterlayer .trace .points path")
    assert len(marks) > 10
    assert browser.complaints() == []


def test_zooming_and_moving_follow_buttons_the_mouse_and_keys(browser: Browser) -> None:
    do(browser, "whole")
    assert shown(browser) == (0, 60 * MINUTES)
    do(browser, "closer")
    assert width(browser) == pytest.approx(30 * MINUTES, abs=0.1)
    before = shown(browser)
    paper = browser.one("#trace-plot .nsewdrag")
    ActionChains(browser.driver).drag_and_drop_by_offset(paper, -200, 0).perform()
    browser.until(lambda: shown(browser)[0] > before[0] + 10)
    browser.driver.execute_script("document.getElementById('trace-plot').focus()")
    before = shown(browser)
    browser.press("+")
    browser.until(lambda: shown(browser) != before)
    before = shown(browser)
    browser.press(Keys.ARROW_LEFT)
    browser.until(lambda: shown(browser)[0] < before[0])
    assert browser.complaints() == []


def test_keys_lead_from_one_abnormal_beat_to_the_next_and_back(browser: Browser) -> None:
    do(browser, "whole")
    times = []
    for key in ("n", "n", "p"):
        browser.press(key)
        told = browser.one("#where").text
        assert told.startswith("Ventricular ectopic (V), 0.8")
        times.append(re.findall(r"\d:\d\d:\d\d\.\d{3}", told)[0])
    assert times[0] == times[2] < times[1]
    assert times[0] in browser.one("#beats tr[aria-current]").text
    browser.until(lambda: width(browser) == pytest.approx(10, abs=0.01))


def test_classes_are_filtered_in_the_table_and_in_the_plots(browser: Browser) -> None:
    box = browser.one("#classes input[data-class='0']")
    every = count(browser)
    browser.click(box)
    assert 0 < count(browser) < every
    kinds = {row.find_elements(By.TAG_NAME, "td")[2].text for row in browser.all("#beats tbody tr")}
    assert kinds == {"Ventricular ectopic (V)"}
    browser.one("[data-turn='1']").click()
    assert "page 2 of" in browser.one("#table-count").text
    browser.click(box)
    assert count(browser) == every


def test_a_row_of_the_table_leads_to_its_beat(browser: Browser) -> None:
    browser.click(browser.all("#beats .link")[3])
    assert browser.one("#beats tr[aria-current] .link").text in browser.one("#where").text


def test_beats_are_taken_home(browser: Browser, taken: Path) -> None:
    for link in browser.all(".head-tools a[download]"):
        link.click()
    browser.until(lambda: {"beats.csv", "beats.atr"} <= {one.name for one in taken.iterdir()})
    head, *rows = (taken / "beats.csv").read_text("utf-8").splitlines()
    assert head.startswith("time_s,sample,label")
    assert 2000 < len(rows) < 3000


@pytest.mark.parametrize("pixels", [PHONE, 768, DESK])
def test_nothing_is_to_be_scrolled_sideways(browser: Browser, pixels: int) -> None:
    browser.resize(pixels)
    browser.until(
        lambda: browser.driver.execute_script(WIDE) == browser.driver.execute_script(INSIDE)
    )
    browser.resize(DESK)


def test_without_scripts_the_page_waits_by_itself_and_tells_the_same(
    address: str, record: Path, tmp_path: Path
) -> None:
    plain = Browser(start(tmp_path / "profile", NO_SCRIPT), address)
    try:
        plain.open("/signals")
        plain.one("#files").send_keys(str(record))
        plain.one("#go").click()
        plain.until(lambda: plain.all("#beats tbody tr"))
        assert len(plain.all("#beats tbody tr")) == 50
        assert not plain.one("#viewer").is_displayed()
        plain.one("noscript a[href*='label=V'], .filters a[href*='label=V']").click()
        assert "Ventricular ectopic (V)" in plain.one("#beats tbody").text
        assert "Normal" not in plain.one("#beats tbody").text
    finally:
        plain.driver.quit()
