"""The web page, in a real headless browser: what it shows, what it never does, and how it keeps up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import mlops_sandbox.page
import pytest
from page_answers import NASTY, did, everything, nothing, run, task
from page_browser import Page, start_browser
from page_workspace import TOKEN, Workspace, serving
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

VIEWS = ["#/", "#/jobs", "#/jobs/2", "#/runs/22", "#/models", "#/endpoints", "#/monitors"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    driver = start_browser(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(answers=everything())
    with serving(made, tmp_path):
        yield made


@pytest.fixture
def page(browser: webdriver.Chrome, workspace: Workspace) -> Iterator[Page]:
    yield Page(browser, workspace.url, TOKEN)
    browser.get("about:blank")


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


def test_no_secret_is_ever_asked_for(page: Page, workspace: Workspace) -> None:
    for view in VIEWS:
        page.open(view)
    assert workspace.asked
    assert not [path for _, path in workspace.asked if "secrets" in path]


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


def test_a_run_that_goes_on_is_followed_to_its_end(page: Page, workspace: Workspace) -> None:
    page.open("#/runs/23")
    assert "Running" in page.text()
    tasks = [did(task("refresh"), 120, "SUCCESS"), did(task("check", "refresh"), 121, "SUCCESS")]
    ended = run(23, 3, "local-flights-monitoring", tasks, 20_000, "SUCCESS")
    workspace.answers["/api/2.2/jobs/runs/get"]["?run_id"]["23"] = ended
    page.until(lambda: "Running" not in page.text() and page.all(".heading .badge") == ["Succeeded"])


def test_an_endpoint_is_asked_from_the_page_and_the_request_stays(page: Page, workspace: Workspace) -> None:
    page.open("#/endpoints")
    area = page.browser.find_element(By.TAG_NAME, "textarea")
    page.until(lambda: '"carrier": "UA"' in str(area.get_attribute("value")))
    page.browser.find_element(By.CSS_SELECTOR, ".invocation button").click()
    page.until_text("12.345")
    assert ("POST", "/serving-endpoints/local-flights-delay/invocations") in workspace.asked
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


def test_an_empty_workspace_says_what_to_do_next(page: Page, workspace: Workspace) -> None:
    page.browser.get("about:blank")
    page.complaints()
    workspace.answers = nothing()
    for view in ("#/", "#/jobs", "#/models", "#/endpoints", "#/monitors"):
        assert "make up" in page.open(view).text(), view
    assert page.complaints() == []


def test_one_part_that_fails_leaves_the_others(page: Page, workspace: Workspace) -> None:
    del workspace.answers["/api/2.2/jobs/list"]
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
        page = Page(browser, workspace.url, TOKEN).open("#/runs/23")
    page.until(lambda: "mlops sandbox start" in browser.find_element(By.ID, "banner").text)
    assert "local-flights-monitoring" in page.text()
    browser.get("about:blank")


def test_links_that_mlflow_prints_lead_to_mlflow(page: Page) -> None:
    printed = "#/experiments/1/runs/0a1b2c"
    page.browser.get("about:blank")
    page.browser.get(f"{page.url}/{printed}")
    page.until(lambda: page.browser.current_url == f"{page.url}/mlflow/{printed}")
