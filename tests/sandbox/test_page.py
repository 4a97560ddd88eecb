"""The web page, in a real headless browser: what it shows, what it never does, and how it keeps up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import mlops_sandbox.page
import pytest
from page_workspace import (
    NASTY,
    TOKEN,
    Workspace,
    did,
    everything,
    nothing,
    run,
    serving,
    task,
)
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

VIEWS = ["#/", "#/jobs", "#/jobs/2", "#/runs/22", "#/models", "#/endpoints", "#/monitors"]
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


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = _program("chromium", "chromium-browser", "google-chrome", "chrome")
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=_program("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(answers=everything())
    with serving(made, tmp_path):
        yield made


@pytest.fixture
def page(browser: webdriver.Chrome, workspace: Workspace) -> Iterator[Page]:
    yield Page(browser, workspace)
    browser.get("about:blank")


class Page:
    """The page in a browser, asked by what a person sees."""

    def __init__(self, browser: webdriver.Chrome, workspace: Workspace) -> None:
        self.browser = browser
        self.workspace = workspace
        self.size(1280, 900)
        browser.get(workspace.link)
        browser.get_log("browser")

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def open(self, view: str) -> Page:
        """Load a view and wait until it is drawn."""
        self.browser.get("about:blank")
        self.browser.get(f"{self.workspace.url}/{view}")
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
        WebDriverWait(self.browser, 15, poll_frequency=0.05).until(lambda _: holds())

    def until_text(self, text: str) -> None:
        self.until(lambda: text in self.text())

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser")]


def test_without_its_link_the_page_says_where_the_link_is(workspace: Workspace) -> None:
    answer = httpx.get(workspace.url + "/", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert "mlops sandbox status" in answer.text
    assert httpx.get(f"{workspace.url}/sandbox/page/static/main.js").status_code == 401


def test_every_file_forbids_foreign_scripts_and_frames(workspace: Workspace) -> None:
    for path in ("/", "/sandbox/page/static/main.js", "/sandbox/page/static/style.css"):
        answer = httpx.get(workspace.url + path, headers={"Authorization": f"Bearer {TOKEN}"})
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for name in ("..%2fsite.py", "nothing.js"):
        answer = httpx.get(
            f"{workspace.url}/sandbox/page/static/{name}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        assert answer.status_code in {404, 501}


def test_the_page_is_package_data_with_no_reference_to_another_host() -> None:
    static = Path(mlops_sandbox.page.__file__).parent / "static"
    for file in static.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, file
        assert "https://" not in text, file


def test_every_view_shows_its_part_and_the_browser_has_nothing_to_complain_of(page: Page) -> None:
    seen = {view: page.open(view).text() for view in VIEWS}
    assert "Version 2" in seen["#/"]
    assert "28.90" in seen["#/"]
    assert "local-flights-training" in seen["#/jobs"]
    assert "developer@example.com" in seen["#/jobs/2"]
    assert "champion" in seen["#/models"]
    assert "Baseline: carrier and hour" in seen["#/models"]
    assert "100 %" in seen["#/endpoints"]
    assert "population stability index" in seen["#/monitors"]
    assert page.complaints() == []


def test_what_the_workspace_holds_is_text_and_never_markup(page: Page) -> None:
    assert NASTY in page.open("#/jobs/2").text()
    assert NASTY in page.open("#/runs/21").text()
    assert page.browser.find_elements(By.CSS_SELECTOR, "#view img") == []
    assert "owned" not in page.browser.title


def test_no_secret_is_ever_asked_for(page: Page) -> None:
    for view in VIEWS:
        page.open(view)
    assert page.workspace.asked
    assert not [path for _, path in page.workspace.asked if "secrets" in path]


def test_a_graph_colours_its_tasks_and_leads_to_what_they_said(page: Page) -> None:
    page.open("#/jobs/2")
    tones = {
        each.find_element(By.CSS_SELECTOR, ".node-name").text: str(each.get_attribute("class"))
        for each in page.browser.find_elements(By.CSS_SELECTOR, ".graph .task")
    }
    assert {name: tone.split("-")[-1] for name, tone in tones.items()} == {
        "train": "good",
        "validate": "bad",
        "deploy": "bad",
    }
    page.browser.find_element(By.CSS_SELECTOR, "[data-key='task-validate']").send_keys(Keys.ENTER)
    page.until_text("RMSE 31.4 is not below the baseline's 31.1")
    assert "validating version 3" in page.text()


def test_a_run_that_goes_on_is_followed_to_its_end(page: Page) -> None:
    page.open("#/runs/23")
    assert "Running" in page.text()
    tasks = [did(task("refresh"), 120, "SUCCESS"), did(task("check", "refresh"), 121, "SUCCESS")]
    ended = run(23, 3, "local-flights-monitoring", tasks, 20_000, "SUCCESS")
    page.workspace.answers["/api/2.2/jobs/runs/get"]["?run_id"]["23"] = ended
    page.until(lambda: "Running" not in page.text() and page.all(".heading .badge") == ["Succeeded"])


def test_an_endpoint_is_asked_from_the_page_and_the_request_stays(page: Page) -> None:
    page.open("#/endpoints")
    area = page.browser.find_element(By.TAG_NAME, "textarea")
    page.until(lambda: '"carrier": "UA"' in str(area.get_attribute("value")))
    page.browser.find_element(By.CSS_SELECTOR, ".invocation button").click()
    page.until_text("12.345")
    assert ("POST", "/serving-endpoints/local-flights-delay/invocations") in page.workspace.asked
    area.clear()
    area.send_keys("not json")
    page.browser.find_element(By.CSS_SELECTOR, ".invocation button").click()
    page.until_text("The request is not JSON")
    page.tab("Jobs").tab("Endpoints")
    kept = page.browser.find_element(By.TAG_NAME, "textarea").get_attribute("value")
    assert kept == "not json"


def test_charts_draw_every_line_and_say_it_in_numbers(page: Page) -> None:
    page.open("#/monitors")
    assert page.all(".chart figcaption > span") == [
        "Model quality: root mean squared error",
        "Drift from the window before: population stability index",
    ]
    assert len(page.browser.find_elements(By.CSS_SELECTOR, ".canvas .series polyline")) == 2 + 4
    page.browser.find_element(By.CSS_SELECTOR, "details.numbers summary").click()
    assert "35.30" in page.text()
    measure = Select(page.browser.find_element(By.TAG_NAME, "select"))
    measure.select_by_visible_text("Kolmogorov–Smirnov statistic")
    assert page.all(".chart figcaption > span")[1].endswith("Kolmogorov–Smirnov statistic")


def test_an_empty_workspace_says_what_to_do_next(page: Page) -> None:
    page.browser.get("about:blank")
    page.complaints()
    page.workspace.answers = nothing()
    for view in ("#/", "#/jobs", "#/models", "#/endpoints", "#/monitors"):
        assert "make up" in page.open(view).text(), view
    assert page.complaints() == []


def test_one_part_that_fails_leaves_the_others(page: Page) -> None:
    del page.workspace.answers["/api/2.2/jobs/list"]
    text = page.open("#/").text()
    assert "Nothing at /api/2.2/jobs/list." in text
    assert "Version 2" in text


def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    page.size(360, 740)
    for view in VIEWS:
        page.open(view)
        width = page.browser.execute_script("return document.documentElement.scrollWidth")
        assert width <= 360, view


def test_a_sandbox_that_is_gone_is_said_and_not_hidden(browser: webdriver.Chrome, tmp_path: Path) -> None:
    workspace = Workspace(answers=everything())
    with serving(workspace, tmp_path):
        page = Page(browser, workspace).open("#/runs/23")
    page.until(lambda: "mlops sandbox start" in browser.find_element(By.ID, "banner").text)
    assert "local-flights-monitoring" in page.text()
    browser.get("about:blank")
