"""What an MlJob refuses, and the graph it checks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_databricks_mlops import MlJob, quartz, task_graph
from unit_declared import declare, refused

NAMES = st.sampled_from("abcdef")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=4), max_size=6)


@given(GRAPHS)
def test_an_order_has_every_task_after_what_it_depends_on(graph: dict[str, list[str]]) -> None:
    ordered, problems = task_graph.order(graph)
    if problems:
        assert ordered == []
    else:
        assert sorted(ordered) == sorted(graph)
        for name, others in graph.items():
            assert all(ordered.index(other) < ordered.index(name) for other in others)


@given(GRAPHS, NAMES)
def test_what_depends_on_itself_is_a_circle(graph: dict[str, list[str]], name: str) -> None:
    _, problems = task_graph.order({**graph, name: [*graph.get(name, []), name]})
    assert any("circle" in problem for problem in problems)


def job(tasks: dict[str, Any], **more: Any) -> Any:
    return lambda: MlJob("train", {"job_name": "dev-train", "root": "/Shared/code", "tasks": tasks, **more})


def test_every_problem_of_a_job_is_told_at_once() -> None:
    tasks = {
        "a": {"notebook": "a", "depends_on": [{"task": "b"}]},
        "b": {"notebook": "b.py", "depends_on": [{"task": "a"}]},
        "c": {"notebook": "c", "python": "c.py", "depends_on": [{"task": "trian"}]},
        "d": {"condition": {"left": "1", "op": "IS", "right": "1"}},
        "e": {"notebook": "../e", "depends_on": [{"task": "a", "outcome": "true"}]},
    }
    error = refused(job(tasks, schedule={"cron": "0 9 * * *"}, max_concurrent_runs=0))
    for part in (
        "circle",
        "leave out `.py`",
        "notebook and python",
        "'trian', which is not a task",
        "is 'IS'",
        "leaves the root",
        "which is not a condition",
        "Unix cron",
        "max_concurrent_runs",
    ):
        assert part in error


def test_every_task_kind_reaches_the_job() -> None:
    tasks = {
        "wheel": {"wheel": {"package": "flights", "entry_point": "main", "parameters": ["x"]}},
        "python": {"python": "flights/x.py", "parameters": ["--day", "1"], "retries": 2},
        "each": {"for_each": {"inputs": "[1]", "concurrency": 2, "task": {"notebook": "n"}}},
        "job": {"run_job": "7"},
        "when": {"condition": {"left": "1", "op": "EQUAL_TO", "right": "1"}},
        "then": {"notebook": "/Shared/n", "depends_on": [{"task": "when", "outcome": "true"}]},
    }
    made = declare(job(tasks, environment={"version": "5"})).one("Job").inputs
    by_key = {task["taskKey"]: task for task in made["tasks"]}
    assert by_key["wheel"]["pythonWheelTask"]["packageName"] == "flights"
    assert by_key["python"]["sparkPythonTask"]["pythonFile"] == "/Shared/code/flights/x.py"
    assert by_key["each"]["forEachTask"]["task"]["notebookTask"]["notebookPath"] == "/Shared/code/n"
    assert by_key["each"]["forEachTask"]["task"]["environmentKey"] == "default"
    assert by_key["job"]["runJobTask"]["jobId"] == 7
    assert by_key["then"]["dependsOns"] == [{"taskKey": "when", "outcome": "true"}]
    assert "environmentKey" not in by_key["when"]
    assert made["queue"] == {"enabled": True}


def test_an_owner_is_the_one_owner() -> None:
    roles = {"owners": ["ml-owners", "ada@example.com"]}
    rules = (
        declare(job({"a": {"notebook": "a"}}, owner="ada@example.com", roles=roles)).one("Permissions").inputs
    )
    owners = [rule for rule in rules["accessControls"] if rule["permissionLevel"] == "IS_OWNER"]
    assert owners == [{"permissionLevel": "IS_OWNER", "userName": "ada@example.com"}]
    assert len(rules["accessControls"]) == 2


@pytest.mark.parametrize(
    "expression",
    ["0 0 9 * * ?", "0 0/15 8-18 ? * MON-FRI", "0 0 0 L * ?", "0 0 12 ? JAN,JUL 6#3 2030", "30 5 1 15W * ?"],
)
def test_quartz_expressions_pass(expression: str) -> None:
    assert quartz.problem(expression) is None


@pytest.mark.parametrize(
    "expression",
    ["", "0 9 * * *", "0 0 25 * * ?", "0 0 9 * * *", "0 0 9 ? * ?", "0 0 9 0 * ?", "a b c d e f"],
)
def test_other_expressions_do_not(expression: str) -> None:
    assert quartz.problem(expression)
