"""The page over a real sandbox: what the APIs answer is what the page understands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import NotebookTask, Task, TaskDependency
from databricks.sdk.service.workspace import ImportFormat
from page_browser import Page, start_browser
from running import RunningSandbox
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

NOTEBOOK = b"# Databricks notebook source\nprint('it says this')\nraise ValueError('and fails like that')\n"
CANARY = "canary-51c0d2"


@pytest.fixture
def page(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    browser = start_browser(tmp_path_factory.mktemp("profile"))
    yield Page(browser, sandbox.url, sandbox.token)
    browser.quit()


def test_a_run_is_seen_from_its_start_to_the_log_of_what_failed(page: Page, client: WorkspaceClient) -> None:
    client.secrets.create_scope("page")
    client.secrets.put_secret("page", "key", string_value=CANARY)
    client.workspace.mkdirs("/Shared/page")
    client.workspace.upload("/Shared/page/fails.py", NOTEBOOK, format=ImportFormat.AUTO)
    notebook = NotebookTask(notebook_path="/Shared/page/fails")
    after = [TaskDependency(task_key="first")]
    tasks = [
        Task(task_key="first", notebook_task=notebook),
        Task(task_key="second", depends_on=after, notebook_task=notebook),
    ]
    job = client.jobs.create(name="seen-on-the-page", tasks=tasks)
    started = client.jobs.run_now(job_id=int(job.job_id or 0))
    page.open(f"#job/{job.job_id}/run/{started.run_id}")
    page.until(lambda: page.all(".heading .badge") == ["Failed"])
    page.browser.find_element(By.CSS_SELECTOR, "[data-key='task-first']").send_keys(Keys.ENTER)
    page.until_text("ValueError: and fails like that")
    assert "it says this" in page.text()
    assert "Upstream failed" in page.browser.find_element(By.CSS_SELECTOR, ".graph svg").text
    for view in ("#/", "#/jobs", "#/models", "#/endpoints", "#/monitors"):
        page.open(view)
        assert page.all(".problem") == [], view
        assert CANARY not in page.browser.page_source
    assert page.complaints() == []
