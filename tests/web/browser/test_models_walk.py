"""The pages about models in a real browser: plots under the closed policy, sorting, phone, print."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.model_registry.test_comparison import pair, write_comparison
from tests.support.models.fake_metrics import fake_metrics, write_metrics
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS
from tests.support.web.web_fakes import FAKE, served
from tests.web.browser.test_browser_walk import DESK, NO_SCRIPT, PHONE, Browser, start

pytestmark = pytest.mark.slow

WIDE = "return document.documentElement.scrollWidth"
CARD = "/models/tiny_keras"
DRAWN = "return document.querySelectorAll('[data-plot] .main-svg:first-child').length"
FITS = """
  return [...document.querySelectorAll(".plot")].every((plot) =>
    plot.querySelector(".main-svg").getBoundingClientRect().width <= plot.clientWidth)
"""
ROWS = "#models tbody tr"


@pytest.fixture(scope="module")
def address(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("measured") / "models"
    shutil.copytree(models_dir, folder)
    write_metrics(folder / "tiny_keras", fake_metrics(KERAS_LABELS, 3.0))
    write_metrics(folder / "tiny_torch", fake_metrics(PYTORCH_LABELS, 1.0))
    write_comparison(folder, pair("tiny_keras", "tiny_torch", 0.01))
    with served(folder, FAKE) as server:
        yield server.address


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    started = start(tmp_path_factory.mktemp("profile"))
    yield started
    started.quit()


@pytest.fixture
def browser(driver: webdriver.Chrome, address: str) -> Browser:
    found = Browser(driver, address)
    found.tell("Emulation.setEmulatedMedia", features=[], media="")
    found.resize(DESK)
    found.open("/models")
    found.complaints()
    return found


def open_card(browser: Browser) -> None:
    """The card, its plots drawn."""
    browser.open(CARD)
    browser.until(lambda: browser.driver.execute_script(DRAWN) == 4)


def order(browser: Browser) -> list[str | None]:
    return [row.get_attribute("data-key") for row in browser.all(ROWS)]


def test_it_works(browser: Browser) -> None:
    open_card(browser)
    told = [plot.text for plot in browser.all(".plot")]
    assert "Normal, AUC 0." in told[0]
    assert len(browser.all("[data-plot=roc] .scatterlayer .trace")) == 5
    assert len(browser.all("[data-plot=confusion] .heatmap-label")) == 16
    assert len(browser.all("[data-plot=shortcuts] .barlayer .point")) == 4
    assert len(browser.all("[data-plot=shortcuts] .shapelayer path")) == 2
    assert all(plot.size["height"] > 100 for plot in browser.all(".plot"))


@pytest.mark.parametrize("path", ["/models", CARD, "/models/none"])
def test_the_console_has_nothing_to_complain_of(browser: Browser, path: str) -> None:
    browser.open(path)
    if path == CARD:
        open_card(browser)
        for plot in browser.all(".plot .nsewdrag"):
            ActionChains(browser.driver).move_to_element(plot).perform()
        browser.tell("Page.printToPDF")
    complaints = [one for one in browser.complaints() if "404" not in one]
    assert complaints == []


def test_the_scripts_styles_are_those_of_the_sheet(browser: Browser) -> None:
    open_card(browser)
    svg = browser.one(".plot .main-svg")
    assert svg.value_of_css_property("position") == "absolute"
    assert not browser.all("style")


@pytest.mark.parametrize("width", [PHONE, 768, DESK])
@pytest.mark.parametrize("path", ["/models", CARD])
def test_nothing_is_to_be_scrolled_sideways(browser: Browser, path: str, width: int) -> None:
    open_card(browser)  # at the desk first: plots must shrink with the window
    if path != CARD:
        browser.open(path)
    browser.resize(width)
    inside = "return document.documentElement.clientWidth"
    browser.until(
        lambda: browser.driver.execute_script(WIDE) == browser.driver.execute_script(inside)
    )
    browser.until(lambda: browser.driver.execute_script(FITS))


def test_plots_follow_the_dark(browser: Browser) -> None:
    def ink() -> str:
        return browser.one(".plot .xtick text").value_of_css_property("fill")

    open_card(browser)
    light = ink()
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    browser.tell("Emulation.setEmulatedMedia", features=[dark])
    assert ink() != light
    browser.tell("Emulation.setEmulatedMedia", features=[dark], media="print")
    assert ink() == "rgb(0, 0, 0)"


def test_a_heading_sorts_without_a_reload(browser: Browser) -> None:
    browser.driver.execute_script("window.still = 'here'")
    assert order(browser) == ["tiny_keras", "tiny_torch"]
    head = browser.one("th[data-column=macro_f1]")
    assert head.get_attribute("aria-sort") == "descending"
    browser.one("th[data-column=macro_f1] a").click()
    assert order(browser) == ["tiny_torch", "tiny_keras"]
    assert head.get_attribute("aria-sort") == "ascending"
    browser.one("th[data-column=title] a").click()
    assert order(browser) == ["tiny_keras", "tiny_torch"]
    assert head.get_attribute("aria-sort") is None
    assert browser.driver.execute_script("return window.still") == "here"
    assert browser.driver.current_url.endswith("/models?sort=title&order=asc")


def test_the_keyboard_sorts(browser: Browser) -> None:
    for _ in range(30):
        browser.press(Keys.TAB)
        if browser.focused() == browser.one("th[data-column=accuracy] a"):
            break
    browser.press(Keys.ENTER)
    assert browser.one("th[data-column=accuracy]").get_attribute("aria-sort") == "descending"
    browser.press(Keys.ENTER)
    assert order(browser) == ["tiny_torch", "tiny_keras"]


def test_without_scripts_links_sort_and_tables_tell(address: str, tmp_path: Path) -> None:
    plain = Browser(start(tmp_path / "profile", NO_SCRIPT), address)
    try:
        plain.open("/models")
        plain.one("th[data-column=macro_f1] a").click()
        assert order(plain) == ["tiny_torch", "tiny_keras"]
        plain.one(".model-link").click()
        assert "Confusion" not in plain.one("main").text
        assert len(plain.all("table.figures")) == 6
        assert not [plot for plot in plain.all(".plot") if plot.is_displayed()]
    finally:
        plain.driver.quit()
