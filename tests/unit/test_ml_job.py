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


CLUSTER = {
    "spark_version": "16.4.x-scala2.12",
    "num_workers": 1,
    "max_workers": 4,
    "init_scripts": ["/Volumes/a/b/c/start.sh"],
}


@pytest.mark.parametrize(
    ("start", "made"),
    [
        ({"trigger": {"periodic": {"interval": 2, "unit": "HOURS"}}}, {"interval": 2, "unit": "HOURS"}),
        (
            {"trigger": {"file_arrival": {"url": "/Volumes/a/b/c/", "wait_seconds": 60}, "paused": True}},
            {"url": "/Volumes/a/b/c/", "waitAfterLastChangeSeconds": 60},
        ),
        (
            {"trigger": {"table_update": {"tables": ["a.b.c"]}}},
            {"tableNames": ["a.b.c"], "condition": "ANY_UPDATED"},
        ),
    ],
)
def test_every_trigger_reaches_the_job(start: dict[str, Any], made: dict[str, Any]) -> None:
    trigger = declare(job({"a": {"notebook": "a"}}, **start)).one("Job").inputs["trigger"]
    assert trigger.pop("pauseStatus") == ("PAUSED" if start["trigger"].get("paused") else "UNPAUSED")
    assert list(trigger.values()) == [made]


def test_news_of_models_start_a_job_by_the_list_of_triggers() -> None:
    news = {"condition": "MODEL_ALIAS_SET", "aliases": ["champion"], "securable": "a.b.c", "wait_seconds": 60}
    made = declare(job({"a": {"notebook": "a"}}, trigger={"model_update": news, "paused": True})).one("Job")
    assert "trigger" not in made.inputs
    (trigger,) = made.inputs["triggers"]
    assert trigger["pauseStatus"] == "PAUSED"
    assert trigger["model"] == {
        "condition": "MODEL_ALIAS_SET",
        "aliases": ["champion"],
        "securableName": "a.b.c",
        "waitAfterLastChangeSeconds": 60,
    }


def test_nothing_runs_as_a_group() -> None:
    assert "'ml-team', a group" in refused(job({"a": {"notebook": "a"}}, run_as="ml-team"))
    assert "roles.runner is 'ml-team'" in refused(job({"a": {"notebook": "a"}}, roles={"runner": "ml-team"}))


def test_a_pool_gives_the_machine_types() -> None:
    pooled = {"spark_version": "16.4.x-scala2.12", "instance_pool_id": "i1", "node_type_id": "m5.large"}
    assert "leave them out" in refused(job({"a": {"notebook": "a"}}, cluster=pooled))


def test_a_continuous_job_has_no_queue() -> None:
    made = declare(job({"a": {"notebook": "a"}}, continuous={})).one("Job").inputs
    assert (made["continuous"], made["queue"]) == ({"pauseStatus": "UNPAUSED"}, {"enabled": False})


def test_whom_a_job_tells_reaches_the_job() -> None:
    heard = {"on_failure": ["a@b.c"], "start_destinations": ["n2", "n1"], "canceled_runs": False}
    tasks = {"a": {"notebook": "a", "notifications": {"on_backlog": ["a@b.c"], "only_last_attempt": True}}}
    made = declare(job(tasks, notifications=heard)).one("Job").inputs
    assert made["emailNotifications"] == {"onFailures": ["a@b.c"], "noAlertForSkippedRuns": True}
    assert made["webhookNotifications"] == {"onStarts": [{"id": "n1"}, {"id": "n2"}]}
    assert made["notificationSettings"] == {"noAlertForCanceledRuns": True}
    assert made["tasks"][0]["notificationSettings"] == {"alertOnLastAttempt": True}


def test_what_starts_or_computes_in_two_ways_is_told() -> None:
    tasks = {
        "a": {"notebook": "a", "environment": "x", "cluster": "y"},
        "b": {"spark_submit": ["x"]},
        "c": {"sql": {"file": "x.sql", "query": "q"}},
        "d": {"wheel": {"package": "p", "entry_point": "e"}, "libraries": [{"pypi": "x"}]},
    }
    trigger = {"periodic": {"interval": 0, "unit": "SECONDS"}, "file_arrival": {"url": "/tmp/x"}}
    error = refused(job(tasks, trigger=trigger, continuous={}, queue=True))
    for part in (
        "environment and cluster",
        "'x'; it is one of default",
        "no cluster",
        "on no warehouse",
        "file and query",
        "dependencies of its serverless environment",
        "trigger and continuous",
        "periodic and file_arrival",
        "'SECONDS'",
        "'/tmp/x', which is not a folder",
        "always one run",
    ):
        assert part in error


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
        "sql": {"sql": {"file": "sql/day.sql", "warehouse_id": "w1", "parameters": {"day": "1"}}},
        "query": {"sql": {"query": "q1", "warehouse_id": "w1"}},
        "dbt": {"dbt": {"commands": ["dbt run"], "warehouse_id": "w1", "schema": "s"}},
        "pipeline": {"pipeline": {"pipeline_id": "p1", "full_refresh_of": ["t"]}},
        "jar": {"jar": {"main_class": "a.B"}, "cluster": "big", "libraries": [{"jar": "/Volumes/a.jar"}]},
        "submit": {"spark_submit": ["--class", "a.B"], "cluster": "big"},
        "alert": {"alert": {"alert_id": "a1", "subscribers": {"users": ["ada@example.com"]}}},
        "dashboard": {"dashboard": {"dashboard_id": "d1", "subscribers": {"destinations": ["n1"]}}},
        "old": {"python": "x.py", "environment": "old", "accelerator": "GPU_1xA10", "disabled": True},
        "when": {"condition": {"left": "1", "op": "EQUAL_TO", "right": "1"}},
        "then": {"notebook": "/Shared/n", "depends_on": [{"task": "when", "outcome": "true"}]},
    }
    more = {"environments": {"old": {"version": "3"}}, "clusters": {"big": CLUSTER}}
    made = declare(job(tasks, environment={"version": "5"}, **more)).one("Job").inputs
    by_key = {task["taskKey"]: task for task in made["tasks"]}
    assert by_key["wheel"]["pythonWheelTask"]["packageName"] == "flights"
    assert by_key["python"]["sparkPythonTask"]["pythonFile"] == "/Shared/code/flights/x.py"
    assert by_key["each"]["forEachTask"]["task"]["notebookTask"]["notebookPath"] == "/Shared/code/n"
    assert by_key["each"]["forEachTask"]["task"]["environmentKey"] == "default"
    assert by_key["job"]["runJobTask"]["jobId"] == 7
    assert by_key["then"]["dependsOns"] == [{"taskKey": "when", "outcome": "true"}]
    assert "environmentKey" not in by_key["when"]
    assert by_key["sql"]["sqlTask"] == {
        "file": {"path": "/Shared/code/sql/day.sql", "source": "WORKSPACE"},
        "parameters": {"day": "1"},
        "warehouseId": "w1",
    }
    assert by_key["query"]["sqlTask"]["query"] == {"queryId": "q1"}
    assert by_key["dbt"]["dbtTask"]["projectDirectory"] == "/Shared/code"
    assert by_key["pipeline"]["pipelineTask"]["fullRefreshSelections"] == ["t"]
    assert by_key["jar"]["sparkJarTask"] == {"mainClassName": "a.B"}
    assert by_key["jar"]["libraries"] == [{"jar": "/Volumes/a.jar"}]
    assert (by_key["submit"]["jobClusterKey"], "environmentKey" in by_key["jar"]) == ("big", False)
    assert by_key["alert"]["alertTask"]["subscribers"] == [{"userName": "ada@example.com"}]
    assert by_key["dashboard"]["dashboardTask"]["subscription"] == {"subscribers": [{"destinationId": "n1"}]}
    assert by_key["old"]["environmentKey"] == "old"
    assert [each["environmentKey"] for each in made["environments"]] == ["default", "old"]
    assert made["jobClusters"][0]["newCluster"]["autoscale"] == {"minWorkers": 1, "maxWorkers": 4}
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
