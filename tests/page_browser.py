"""A real headless browser with the page in it, asked by what a person sees."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

#: Seconds; a deadline, for machines that do other things too.
PATIENCE = 60
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _program(*names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    pytest.fail(
        "The page is tested in a browser, and there is none: install Chromium and its driver "
        "(Debian: `apt-get install chromium chromium-driver`).",
        pytrace=False,
    )


def start_browser(profile: Path) -> webdriver.Chrome:
    """A browser with a profile of its own; fails the test where none is installed."""
    options = webdriver.ChromeOptions()
    options.binary_location = _program("chromium", "chromium-browser", "google-chrome", "chrome")
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=_program("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


class Page:
    """The page in a browser, asked by what a person sees."""

    def __init__(self, browser: webdriver.Chrome, url: str, token: str) -> None:
        self.browser = browser
        self.url = url
        self.size(1280, 900)
        browser.get(f"{url}/login?token={token}")
        browser.get_log("browser")

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def open(self, view: str) -> Page:
        """Load a view and wait until it is drawn."""
        self.browser.get("about:blank")
        self.browser.get(f"{self.url}/{view}")
        self.until(lambda: self.all("h1"))
        return self

    def tab(self, name: str) -> Page:
        """Go to another part, as a person does."""
        self.browser.find_element(By.LINK_TEXT, name).click()
        self.until(lambda: self.all("h1") == [name])
        return self

    def all(self, selector: str) -> list[str]:
        # In one step: between two, a refresh may put other elements in their place.
        script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText)"
        return list(self.browser.execute_script(script, selector))

    def text(self) -> str:
        return self.all("#view")[0]

    def until(self, holds: object) -> None:
        assert callable(holds)
        try:
            WebDriverWait(self.browser, PATIENCE, poll_frequency=0.05).until(lambda _: holds())
        except TimeoutException:
            pytest.fail(
                f"After {PATIENCE} s the page still shows:\n{self.browser.current_url}\n{self.text()}"
            )

    def until_text(self, text: str) -> None:
        self.until(lambda: text in self.text())

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser")]
