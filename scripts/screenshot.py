"""Draws docs/page.png: serves the app, asks every ready model about a simulated sample, takes the picture.

Run by `make screenshot`; needs chromium and chromedriver.
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, HIGHEST = 1440, 1000, 6000  # px
PATIENCE = 180  # s for a model's first answer
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    f"--window-size={WIDTH},{HEIGHT}",
)

# What of the page is used here
MODELS = "#ask input[name=model]:not(:disabled)"
SAMPLES = "#ask input[name=sample]"
ANALYSE = "#go"
ANSWERS = "#answers-title"
SHOWN = ("page_best", "vgg16", "custom_cnn")  # all would make a very long picture


def main() -> None:
    """Writes the picture to the path given."""
    target = ROOT / (sys.argv[1] if len(sys.argv) > 1 else "docs/page.png")
    target.parent.mkdir(parents=True, exist_ok=True)
    with served() as address, browser() as driver:
        driver.get(address)
        analyse(driver)
        height = driver.execute_script("return document.documentElement.scrollHeight")
        metrics = {"width": WIDTH, "height": min(int(height), HIGHEST)}
        whole = {**metrics, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", whole)
        driver.execute_script("window.scrollTo(0, 0)")
        driver.execute_script("for (const one of document.images) one.loading = 'eager'")
        WebDriverWait(driver, PATIENCE).until(
            lambda _: driver.execute_script("return [...document.images].every(i => i.complete)")
        )
        shot = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    shot.quantize(256).save(target, optimize=True)  # a third of the bytes, in everybody's clone
    print(f"Written: {target.relative_to(ROOT)}")


def analyse(driver: webdriver.Chrome) -> None:
    """Picks some models and a sample, and waits for the answers."""
    for box in driver.find_elements(By.CSS_SELECTOR, MODELS):
        if box.is_selected() != (box.get_attribute("value") in SHOWN):
            driver.execute_script("arguments[0].click()", box)
    driver.execute_script("arguments[0].click()", driver.find_element(By.CSS_SELECTOR, SAMPLES))
    driver.execute_script("arguments[0].click()", driver.find_element(By.CSS_SELECTOR, ANALYSE))
    wait = WebDriverWait(driver, PATIENCE)
    wait.until(lambda d: d.find_elements(By.CSS_SELECTOR, ANSWERS))
    wait.until(lambda d: d.find_element(By.CSS_SELECTOR, ANALYSE).is_enabled())
    wait.until(lambda d: d.execute_script("return document.readyState") == "complete")


@contextmanager
def served() -> Iterator[str]:
    """The app on a free port of this machine; its address."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    gunicorn = Path(sys.executable).with_name("gunicorn")
    command = [
        str(gunicorn),
        "--config",
        "python:twelvelead.web.server.gunicorn_conf",
        "app:create_app()",
    ]
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/livez", server)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Returns when the address answers. Exits where the server ends first."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own server
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    sys.exit("The app didn't start: the reason stands above.")


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """A headless chromium with an empty profile."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        sys.exit("This needs chromium and chromedriver on the PATH.")
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            yield started
        finally:
            started.quit()


if __name__ == "__main__":
    main()
