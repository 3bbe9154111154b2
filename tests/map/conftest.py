"""The page of the map, and a browser that has it open."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from mgmtcluster.map import page_of, platform_graph
from tests.rendering import Platform


@pytest.fixture(scope="session")
def html(platform: Platform) -> str:
    """The page of the platform by default."""
    return page_of(platform_graph(platform.edges, platform.objects))


@pytest.fixture(scope="session")
def page_file(html: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as a file."""
    file = tmp_path_factory.mktemp("map") / "map.html"
    file.write_text(html, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    """Debian's headless Chromium, which resolves no name."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("no chromium and chromedriver on PATH: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = browser
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1600,1300",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with Chrome(options=options, service=Service(driver)) as opened:
        yield opened


@pytest.fixture
def browser(chromium: Chrome, page_file: Path) -> Chrome:
    """The page, opened anew and drawn, in light colours on a screen, where nothing moves: a fade has no end a test could know."""
    still = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": still})
    for kind in ("browser", "performance"):
        logged(chromium, kind)  # drop the messages of the page before
    chromium.get("about:blank")
    chromium.get(page_file.as_uri())
    wait_for(chromium, "everything")
    return chromium


def logged(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    """What the browser logged of this kind since it was asked last."""
    entries: list[dict[str, Any]] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return entries


def wait_for(browser: Chrome, drawn: str) -> None:
    """Wait until the page has drawn everything, or the map of one workload."""
    WebDriverWait(browser, 120).until(lambda page: page.execute_script("return document.body.dataset.drawn") == drawn)
