"""The page in a real browser: Debian's chromium, headless, against a live server with tiny models."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageChops
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from ecg.page.page import MAX_BYTES
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.labelled_folders import draw_folder
from tests.support.pages.odd_pages import pdf
from tests.support.web.web_fakes import PAGE, served

PATIENCE = 120  # s for a model's first answer on a busy machine
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_SCRIPT = {"profile.managed_default_content_settings.javascript": 2}
PHONE, DESK = 390, 1440  # px
PAGES = ("/", "/browse", "/models", "/api", "/browse?label=normal", "/nothing")
MODELS = "#ask input[name=model]"
SAMPLES = "#ask input[name=sample]"
CARDS = "#answers article.card"


class Browser:
    """A chromium at one address."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, path: str = "/") -> None:
        self.driver.get(self.address + path)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, element: WebElement) -> None:
        """Also what is covered, as radio buttons are by their pictures."""
        self.driver.execute_script("arguments[0].click()", element)

    def until(self, holds: Callable[[], object]) -> None:
        """Waits for what the page does by itself."""
        WebDriverWait(self.driver, PATIENCE, 0.1).until(lambda _: holds())

    def tell(self, command: str, **parameters: Any) -> None:
        self.driver.execute_cdp_cmd(command, parameters)

    def resize(self, width: int) -> None:
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500}
        self.tell("Emulation.setDeviceMetricsOverride", **size)

    def complaints(self) -> list[str]:
        """What the console told since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def press(self, key: str) -> None:
        ActionChains(self.driver).send_keys(key).perform()


def start(profile: Path, prefs: dict[str, int] | None = None) -> webdriver.Chrome:
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert program, "chromium is not on the PATH: run scripts/install_browser.sh"
    assert driver, "chromedriver is not on the PATH: run scripts/install_browser.sh"
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if prefs:
        options.add_experimental_option("prefs", prefs)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


@pytest.fixture(scope="module")
def address(compiled_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = draw_folder(tmp_path_factory.mktemp("set") / "data", 1)
    with served(compiled_dir, data_dir=data) as server:
        yield server.address


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    started = start(tmp_path_factory.mktemp("profile"))
    yield started
    started.quit()


@pytest.fixture
def browser(driver: webdriver.Chrome, address: str) -> Browser:
    """The browser with scripts, on a wide screen in the light, at the start page."""
    found = Browser(driver, address)
    found.tell("Emulation.setEmulatedMedia", features=[])
    found.resize(DESK)
    found.open()
    found.complaints()
    return found


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    file = tmp_path / "page.png"
    file.write_bytes(PAGE)
    return file


def frame_is_shown(browser: Browser) -> bool:
    """Whether the box of what is read lies over a preview that has been loaded."""
    shown, frame = browser.one("#shown"), browser.one("#frame")
    loaded = browser.driver.execute_script("return arguments[0].naturalWidth > 0", shown)
    drawn = frame.find_element(By.TAG_NAME, "polygon").get_attribute("points")
    return bool(loaded) and shown.is_displayed() and frame.is_displayed() and bool(drawn)


def test_it_works(browser: Browser) -> None:
    assert all(box.is_selected() for box in browser.all(MODELS))
    assert not browser.one("#shown").is_displayed()
    browser.click(browser.all(SAMPLES)[0])
    browser.until(lambda: frame_is_shown(browser))
    browser.one("#go").click()
    browser.until(lambda: len(browser.all(CARDS)) == 2)
    left, right = browser.all(CARDS)
    assert left.rect["y"] == right.rect["y"]
    assert left.rect["x"] < right.rect["x"]
    assert [card.find_element(By.TAG_NAME, "h3").text for card in (left, right)] == [
        "tiny_keras",
        "tiny_torch",
    ]
    browser.until(lambda: not browser.one("#progress").is_displayed())
    browser.until(lambda: [s.text for s in browser.all(".model .state")] == ["ready", "ready"])
    assert browser.complaints() == []


def test_a_file_is_uploaded_and_may_be_exchanged_for_a_sample(
    browser: Browser, page_file: Path
) -> None:
    browser.one("#file").send_keys(str(page_file))
    browser.until(lambda: frame_is_shown(browser))
    assert browser.one("#file-name").text == "Chosen: page.png"
    browser.one("#go").click()
    browser.until(lambda: len(browser.all(CARDS)) == 2)
    assert "600 \N{MULTIPLICATION SIGN} 420 px" in browser.one("#answers").text
    browser.click(browser.all(SAMPLES)[0])
    assert browser.one("#file").get_attribute("value") == ""
    assert "page.png" not in browser.one("#file-name").text


def test_a_picture_that_is_too_large_is_made_smaller_and_said_to_be(
    browser: Browser, tmp_path: Path
) -> None:
    page = draw_page((2400, 1680))
    noise = Image.effect_noise(page.size, 40).convert("RGB").point(lambda level: level // 16)
    sideways = Image.Exif()
    sideways[ExifTags.Base.Orientation] = 6
    file = tmp_path / "large.png"
    file.write_bytes(encode(ImageChops.subtract(page, noise), compress_level=0, exif=sideways))
    assert file.stat().st_size > MAX_BYTES

    browser.one("#file").send_keys(str(file))
    browser.until(lambda: frame_is_shown(browser))
    assert "large.png, 12.1 MB, made smaller here: " in browser.one("#file-name").text
    viewed = browser.one("#frame").get_dom_attribute("viewBox")
    assert viewed == "0 0 1680 2400"


def test_a_page_of_a_pdf_is_chosen(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "pages.pdf"
    file.write_bytes(pdf(draw_page((600, 420)), draw_page((900, 630))))
    assert not browser.one("#page-number").is_displayed()
    browser.one("#file").send_keys(str(file))
    browser.until(lambda: browser.one("#page-number").is_displayed())
    browser.one("#page-number").clear()
    browser.one("#page-number").send_keys("2")
    browser.one("#go").click()
    browser.until(lambda: len(browser.all(CARDS)) == 2)
    assert "900 \N{MULTIPLICATION SIGN} 63" in browser.one("#answers").text


def test_what_is_no_picture_is_told_in_a_sentence(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("no picture")
    browser.one("#file").send_keys(str(tmp_path / "notes.jpg"))
    browser.until(lambda: browser.one("#error").is_displayed())
    assert browser.one("#error").text.startswith("The file is not a picture")
    browser.click(browser.all(SAMPLES)[0])
    browser.until(lambda: frame_is_shown(browser))
    assert not browser.one("#error").is_displayed()


def test_without_a_model_all_that_read_pages_are_asked(browser: Browser, page_file: Path) -> None:
    for box in browser.all(MODELS):
        browser.click(box)
    browser.one("#file").send_keys(str(page_file))
    browser.one("#go").click()
    browser.until(lambda: len(browser.all(CARDS)) == 2)


def test_a_page_of_the_data_set_is_taken_along(browser: Browser) -> None:
    browser.open("/browse")
    browser.all(".wall a")[0].click()
    browser.until(lambda: frame_is_shown(browser))
    browser.one("#go").click()
    browser.until(lambda: len(browser.all(CARDS)) == 2)


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_has_nothing_to_scroll_sideways(browser: Browser, path: str) -> None:
    browser.resize(PHONE)
    browser.open(path)
    wide = "return document.documentElement.scrollWidth"
    assert browser.driver.execute_script(wide) == PHONE


def test_answers_fit_on_a_phone(browser: Browser, page_file: Path) -> None:
    browser.resize(PHONE)
    browser.one("#file").send_keys(str(page_file))
    browser.one("#go").click()
    browser.until(lambda: len(browser.all(CARDS)) == 2)
    wide = "return document.documentElement.scrollWidth"
    assert browser.driver.execute_script(wide) == PHONE
    upper, lower = browser.all(CARDS)
    assert upper.rect["x"] == lower.rect["x"]


def test_the_keyboard_does_it_all(browser: Browser) -> None:
    def tab_to(selector: str) -> None:
        wanted = browser.one(selector)
        for _ in range(100):
            browser.press(Keys.TAB)
            if browser.focused() == wanted:
                return
        raise AssertionError(f"The tab key doesn't reach {selector}")

    tab_to(f"{MODELS}[value=tiny_torch]")
    assert browser.focused().is_selected()
    browser.press(Keys.SPACE)
    assert not browser.focused().is_selected()
    tab_to("#file")
    tab_to(SAMPLES)
    browser.press(Keys.SPACE)
    browser.until(lambda: frame_is_shown(browser))
    tab_to("#go")
    browser.press(Keys.ENTER)
    browser.until(lambda: len(browser.all(CARDS)) == 1)
    browser.until(lambda: browser.focused() == browser.one("#answers"))


def test_the_dark_is_dark(browser: Browser) -> None:
    def brightness(selector: str, what: str) -> int:
        colour = browser.one(selector).value_of_css_property(what)
        return sum(int(part) for part in colour.partition("(")[2].split(",")[:3]) // 3

    dark = {"name": "prefers-color-scheme", "value": "dark"}
    assert brightness("body", "background-color") > 200
    assert brightness("body", "color") < 80
    browser.tell("Emulation.setEmulatedMedia", features=[dark])
    assert brightness("body", "background-color") < 40
    assert brightness("body", "color") > 200


@pytest.mark.parametrize("path", ["/", "/browse", "/api"])
def test_the_console_has_nothing_to_complain_of(browser: Browser, path: str) -> None:
    browser.open(path)
    assert browser.complaints() == []


def test_without_scripts_the_form_is_posted(address: str, page_file: Path, tmp_path: Path) -> None:
    plain = Browser(start(tmp_path / "profile", NO_SCRIPT), address)
    try:
        plain.open()
        assert not plain.all("html.scripted")
        plain.one(f"{MODELS}[value=tiny_torch]").click()
        plain.one("#file").send_keys(str(page_file))
        plain.one("#go").click()
        plain.until(lambda: len(plain.all(CARDS)) == 1)
        assert [box.is_selected() for box in plain.all(MODELS)] == [True, False]
    finally:
        plain.driver.quit()
