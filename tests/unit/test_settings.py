"""Every mistake in the settings is told with its place and remedy, before anything is registered."""

from __future__ import annotations

import copy
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from settings import SettingsError, load
from settings.interpolation import interpolate, merged
from settings.schema import schemas
from unit_declared import ENVIRONMENT, PROJECT, write_project

ROOT = Path(__file__).parents[2]


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at `a.b.c`."""
    copied: dict[str, Any] = copy.deepcopy(document)
    here = copied
    *above, last = path.split(".")
    for step in above:
        here = here.setdefault(step, {})
    here[last] = value
    return copied


def problems(folder: Path, project: dict[str, Any], /, **environment: Any) -> str:
    write_project(folder, project)
    with pytest.raises(SettingsError) as caught:
        load({**ENVIRONMENT, **environment}, "dev", folder.parent)
    return str(caught.value)


CASES = [
    (
        "jobs.training.tasks.train.notbook",
        "x",
        "tasks.train.notbook: is not a setting (did you mean 'notebook'?)",
    ),
    ("jobs.training.max_concurrent_runs", "two", 'jobs.training.max_concurrent_runs: "two"'),
    ("jobs.training.parameters.days", 3, "jobs.training.parameters.days: 3 is not text: write it in quotes"),
    (
        "jobs.training.schedule",
        {"cron": "0 9 * * *"},
        "jobs.training.schedule.cron: '0 9 * * *' is a Unix cron",
    ),
    ("jobs.training.schedule", {"cron": "0 0 9 * * ?", "timezone": "Mars"}, "is not a time zone"),
    ("jobs.training.schedule", {"timezone": "UTC"}, "jobs.training.schedule.cron: is missing"),
    ("jobs.training.tasks.train.depends_on", ["nobody"], "depends on 'nobody', which is not a task"),
    ("jobs.training.tasks.train.depends_on", ["deploy"], "in a circle"),
    ("jobs.training.tasks.train.notebook", "notebooks/trian", "(did you mean 'notebooks/train'?)"),
    ("jobs.retraining.tasks.run.run_job", "trainin", "depends on 'trainin', which is not a job"),
    ("jobs.training.tasks.again", {"run_job": "retraining"}, "circle"),
    ("jobs.training.parameters.model", "${modle}", "${modle} is not known (did you mean 'model'?)"),
    ("monitor.table", "prediction", "is not a table of the project (did you mean 'predictions'?)"),
    ("monitor.label", "gues", "label names the column 'gues'"),
    ("monitor.timestamp", None, "an inference log needs timestamp"),
    ("tables.predictions.columns.guess", "dubble", "has the type 'dubble'"),
    ("environment.version", 5, "environment.version: 5 is not text"),
    ("code.include", ["nothing/*"], "code.include: No file of"),
    ("code.include", ["**x"], "The pattern '**x' is none"),
    ("jobs.training.tasks.train.notebook", "flights/__init__", "does not begin with `# Databricks notebook"),
    ("jobs.training.tasks.train", {"python": "notebooks/train.py"}, "write `notebook: notebooks/train`"),
    ("jobs.training.tasks.deploy.depends_on", ["train", "train"], "names train twice"),
    ("jobs.training.parameters.model", "${model", "has no `}` for its `${`"),
    ("jobs.training.parameters.a b", "x", 'parameters.a b: "a b" does not have the form'),
    ("jobs.retraining.tasks.run.job_parameters", {"modle": "x"}, "(did you mean 'model'?)"),
    (
        "jobs.training.tasks.deploy.base_parameters",
        {"v": "{{tasks.trian.values.v}}"},
        "tasks.deploy: {{tasks.trian.values.v}} names the task 'trian', which the job does not have",
    ),
    ("tables.predictions.columns.GUESS", "double", "The columns guess and GUESS of predictions are one"),
    (
        "tables.Predictions",
        {"columns": {"a": "int"}},
        "tables.Predictions: is the same as predictions",
    ),
    ("serving.endpoint", "a b", 'serving.endpoint: "a b" does not have the form'),
    ("model.name", "d" * 60, "is its name unless you give one: at most 63"),
    ("jobs.training.notifications", {"failure_destinations": ["oncall"]}, '"oncall" is no ID, and none of'),
    ("jobs.training.trigger", {}, "jobs.training.trigger: has none of them: give exactly one of periodic"),
    (
        "jobs.training.trigger",
        {"table_update": {"tables": ["a.b.c"], "wait_seconds": 5}},
        "table_update.wait_seconds: 5",
    ),
    ("jobs.training.git_source", {"url": "https://x", "provider": "gitHub"}, "exactly one of branch, tag"),
    ("jobs.training.continuous", {"retry": True}, "continuous.retry: is not a setting"),
    ("jobs.training.tasks.train.sql", {"query": "q"}, "has notebook and sql: give exactly one of notebook"),
    ("serving.rate_limits", [{"key": "user"}], "serving: A rate limit has neither calls nor tokens"),
    ("serving.served_entities", [{"entity_name": "a.b.c"}], "has no entity_version: give one"),
    (
        "monitor.alerts",
        {"high": {"metric": "js_distanse", "above": 1}},
        "is about 'js_distanse', which no metric table has (did you mean 'js_distance'?)",
    ),
    ("monitor.granularities", ["2 days"], '"2 days" is not a window length'),
    ("features.tables", {"t": {"columns": {"a": "int"}, "primary_key": ["b"]}}, "of t names 'b'"),
    ("search.indexes", {"i": {"primary_key": "a", "table": "t", "text": "x"}}, "give embedding_endpoint"),
    (
        "search.indexes",
        {"i": {"primary_key": "at", "table": "prediction", "text": "at", "embedding_endpoint": "e"}},
        "is not a table of the project (did you mean 'predictions'?)",
    ),
    ("secrets", {"key": {"config": "a:b", "env": "B"}}, "secrets.key: has config and env"),
    ("project", "Flights!", 'project: "Flights!" does not have the form'),
]


@pytest.mark.parametrize(
    ("path", "value", "told"), CASES, ids=[case[0] + str(n) for n, case in enumerate(CASES)]
)
def test_a_mistake_names_its_place_and_remedy(project_folder: Path, path: str, value: Any, told: str) -> None:
    message = problems(project_folder, changed(PROJECT, path, value))
    assert told in message
    assert "ml_code/project.yaml: " in message


def test_a_key_in_plain_text_is_refused_and_not_told(project_folder: Path) -> None:
    external = {"name": "m", "task": "llm/v1/chat", "openai": {"api_key": "sk-canary-4711"}}
    message = problems(project_folder, changed(PROJECT, "serving.served_entities", [{"external": external}]))
    assert "served_entities[0].external.openai.api_key: '…' is not a reference to a secret" in message
    assert "4711" not in message


def test_all_mistakes_are_told_at_once(project_folder: Path) -> None:
    project = changed(changed(PROJECT, "jobs.training.timeout_seconds", -1), "serving.inferense_table", True)
    assert "2 mistakes" in problems(project_folder, project)


def test_a_mistake_in_an_override_is_told_of_the_stack_file(project_folder: Path) -> None:
    overrides = {"jobs": {"training": {"queue": "yes"}}}
    message = problems(project_folder, PROJECT, projects=[{"path": "ml_code", "overrides": overrides}])
    where = "Pulumi.dev.yaml: config.databricks-mlops:environment.projects[0].overrides.jobs.training.queue"
    assert where in message


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("workspace", {"host": "http://dev.example.com"}, "write https://HOST"),
        ("workspace", {"host": "https://dev.example.com/x"}, "write https://HOST"),
        ("catalog", {"name": "a b"}, "catalog.name"),
        ("projects", [{"path": "ml_code"}, {"path": "ml_code"}], 'its name "flights" is that of the project'),
        (
            "projects",
            [{"path": "ml_code"}, {"path": "ml_code", "overrides": {"project": "b", "schema": "Flights"}}],
            'its schema "flights" is that of the project flights',
        ),
        (
            "projects",
            [
                {"path": "ml_code", "overrides": {"serving": {"endpoint": "e"}}},
                {"path": "ml_code", "overrides": {"project": "b", "serving": {"endpoint": "e"}}},
            ],
            'its endpoint "e" is that of the project flights',
        ),
        ("projects", "ml_code", 'projects: "ml_code" is not a list: write `- VALUE` below it'),
        ("workspace", {"host": "https://a b"}, "write https://HOST"),
        ("folder", "/Shared/../Users", "without `.`, `..`"),
        ("tags", {"": "x"}, "tags.: "),
        ("take_over", {"types": ["Catlog"]}, "(did you mean 'Catalog'?)"),
        ("take_over", {"types": ["Job"]}, "give the resource's own under `ids`"),
        ("projects", [{"path": "nowhere"}], "has no project.yaml"),
        ("roles", {"owners": ["account users"]}, "everyone"),
        ("roles", {"readers": ["admins"]}, "leave it out"),
        ("roles", {"readers": ["users"]}, "a group of the account, or `account users`"),
        ("protected", True, "(did you mean 'protect'?)"),
    ],
)
def test_a_mistake_in_the_stack_file_is_told(project_folder: Path, key: str, value: Any, told: str) -> None:
    message = problems(project_folder, PROJECT, **{key: value})
    assert told in message
    assert "Pulumi.dev.yaml: config.databricks-mlops:environment" in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"project: a\nproject: b\n", "line 2, column 1: the key 'project' stands twice"),
        (b"project: a\n\tjobs: 1\n", "line 2, column 1: found a tab character .*: write spaces"),
        (b"project: a\n? [b]\n: c\n", r"the key \['b'\] is not text"),
        (b"project: a\non: b\n", "the key True is not text: write it in quotes"),
        (b"project: caf\xe9\n", "is not UTF-8 at byte 12"),
        (b"project: a\n---\nproject: b\n", "another document"),
        (b"- a\n", "is not a mapping"),
    ],
)
def test_what_is_not_yaml_is_told_by_its_line(project_folder: Path, text: bytes, told: str) -> None:
    (project_folder / "project.yaml").write_bytes(text)
    with pytest.raises(SettingsError, match=f"ml_code/project.yaml: .*{told}"):
        load(ENVIRONMENT, "dev", project_folder.parent)


def test_merge_keys_and_byte_order_marks_are_yaml(project_folder: Path) -> None:
    file = project_folder / "project.yaml"
    tasks = "{a: &a {notebook: notebooks/train, retries: 1}, b: {<<: *a, retries: 2}}"
    file.write_text(f"\ufeffproject: flights\njobs:\n  j:\n    tasks: {tasks}\n", encoding="utf-8")
    (project,) = load(ENVIRONMENT, "dev", project_folder.parent).projects
    task = project.settings.jobs["j"].tasks["b"]
    assert (task.notebook, task.retries) == ("notebooks/train", 2)


def test_names_reach_the_projects_texts(project_folder: Path) -> None:
    (project,) = load(ENVIRONMENT, "dev", project_folder.parent).projects
    assert project.settings.jobs["training"].parameters == {"model": "dev.flights.delay"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(PROJECT)), value=JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_whatever_is_written_is_taken_or_told(project_folder: Path, key: str, value: Any) -> None:
    write_project(project_folder, {**PROJECT, key: value})
    with suppress(SettingsError):
        load(ENVIRONMENT, "dev", project_folder.parent)


@given(JSON, JSON)
def test_what_is_above_wins(below: Any, above: Any) -> None:
    assert merged(merged(below, above), above) == merged(below, above)


@given(st.text())
def test_a_text_without_references_stays(text: str) -> None:
    if "${" not in text:
        assert interpolate(text, {}) == (text, [])


def test_a_doubled_dollar_is_plain() -> None:
    assert interpolate("$${env} ${env}", {"env": lambda: "dev"}) == ("${env} dev", [])


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_schemas_in_docs_are_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == schemas()[name], "run: python -m settings.schema docs"


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod"])
def test_the_stack_files_of_this_repository_are_right(stack: str) -> None:
    import yaml

    document = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    assert load(document["config"]["databricks-mlops:environment"], stack, ROOT).environment.name == stack
