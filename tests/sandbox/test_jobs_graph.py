"""Task graphs, conditions and references, without a process."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlops_sandbox.databricks.jobs import conditions, graph, references
from mlops_sandbox.errors import ApiError

Json = dict[str, Any]


def task(key: str, *after: str, **more: Any) -> Json:
    return {"task_key": key, "depends_on": [{"task_key": each} for each in after], **more}


S, F, X, C, U = "SUCCESS", "FAILED", "EXCLUDED", "CANCELED", "UPSTREAM_FAILED"


@pytest.mark.parametrize(
    ("run_if", "before", "decision"),
    [
        ("ALL_SUCCESS", [S, S], ""),
        ("ALL_SUCCESS", [S, X], ""),
        ("ALL_SUCCESS", [S, F], "UPSTREAM_FAILED"),
        ("ALL_SUCCESS", [S, U], "UPSTREAM_FAILED"),
        ("ALL_SUCCESS", [S, C], "UPSTREAM_CANCELED"),
        ("AT_LEAST_ONE_SUCCESS", [S, F], ""),
        ("AT_LEAST_ONE_SUCCESS", [F, F], "UPSTREAM_FAILED"),
        ("NONE_FAILED", [S, X], ""),
        ("NONE_FAILED", [S, F], "UPSTREAM_FAILED"),
        ("ALL_DONE", [F, C], ""),
        ("AT_LEAST_ONE_FAILED", [S, F], ""),
        ("AT_LEAST_ONE_FAILED", [S, S], "EXCLUDED"),
        ("ALL_FAILED", [F, "TIMEDOUT"], ""),
        ("ALL_FAILED", [S, F], "EXCLUDED"),
        *[
            (each, [X, X], "EXCLUDED")
            for each in (
                "ALL_SUCCESS",
                "AT_LEAST_ONE_SUCCESS",
                "NONE_FAILED",
                "ALL_DONE",
                "AT_LEAST_ONE_FAILED",
                "ALL_FAILED",
            )
        ],
    ],
)
def test_run_if_decides_from_what_came_before(run_if: str, before: list[str], decision: str) -> None:
    settled = {str(index): graph.Settled(result) for index, result in enumerate(before)}
    assert graph.decide(task("t", *settled, run_if=run_if), settled) == decision


def test_the_other_branch_of_a_condition_is_excluded() -> None:
    waiting = {"task_key": "t", "depends_on": [{"task_key": "c", "outcome": "true"}]}
    assert graph.decide(waiting, {"c": graph.Settled(S, "true")}) == ""
    assert graph.decide(waiting, {"c": graph.Settled(S, "false")}) == "EXCLUDED"
    assert graph.decide(waiting, {"c": graph.Settled(F)}) == "UPSTREAM_FAILED"


def test_leaves_decide_the_result() -> None:
    tasks = [task("a"), task("b", "a")]
    good, bad = graph.Settled(S), graph.Settled(F)
    assert graph.overall(tasks, {"a": good, "b": good}) == "SUCCESS"
    assert graph.overall(tasks, {"a": bad, "b": good}) == "SUCCESS_WITH_FAILURES"
    assert graph.overall(tasks, {"a": bad, "b": graph.Settled(U)}) == "FAILED"
    assert graph.overall(tasks, {"a": good, "b": graph.Settled(X)}) == "SUCCESS"


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ([task("a"), task("a")], "Duplicate task key 'a'"),
        ([task("a", "b")], "depends on task 'b', which does not exist"),
        ([task("a", "c"), task("b", "a"), task("c", "b"), task("d")], "in a cycle: a, b, c."),
        (
            [task("a"), {"task_key": "b", "depends_on": [{"task_key": "a", "outcome": "true"}]}],
            "no condition",
        ),
    ],
)
def test_graphs_that_can_not_run_are_refused(tasks: list[Json], said: str) -> None:
    with pytest.raises(ApiError, match=re.escape(said)):
        graph.check(tasks)


@given(st.data())
def test_every_graph_without_a_cycle_is_taken(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    tasks = [
        task(str(index), *data.draw(st.sets(st.sampled_from([str(each) for each in range(index)] or ["-"]))))
        if index
        else task("0")
        for index in range(count)
    ]
    graph.check(data.draw(st.permutations(tasks)))


@pytest.mark.parametrize(
    ("op", "left", "right", "holds"),
    [
        ("EQUAL_TO", "12.0", "12", False),
        ("EQUAL_TO", "true", "true", True),
        ("NOT_EQUAL", "12.0", "12", True),
        ("GREATER_THAN_OR_EQUAL", "12.0", "12", True),
        ("GREATER_THAN", "9", "10", False),
        ("LESS_THAN", "1e-3", "0.01", True),
        ("LESS_THAN_OR_EQUAL", "-1", "-1.0", True),
    ],
)
def test_conditions_compare_text_or_numbers(op: str, left: str, right: str, holds: bool) -> None:
    assert conditions.evaluate(op, left, right) is holds


@pytest.mark.parametrize("operand", ["abc", "", "nan"])
def test_numbers_are_asked_for(operand: str) -> None:
    with pytest.raises(conditions.ConditionError, match="compares numbers"):
        conditions.evaluate("GREATER_THAN", operand, "1")


START = datetime(2013, 10, 6, 7, 8, 9, 123_000, UTC)
SCOPE = references.Scope(
    job={
        "id": 7,
        "name": "train",
        "run_id": 9,
        "repair_count": 0,
        "trigger": "ONE_TIME",
        "start_time": START.timestamp() * 1000,
    },
    parameters={"day": "monday", "odd-name": "x"},
    task={"name": "check", "run_id": 10, "execution_count": 1, "notebook_path": "/a"},
    tasks={"fit": {"result_state": "success", "values": {"rmse": 29.8, "good": True, "who": "me"}}},
    workspace={"id": "1", "url": "http://w"},
    input={"city": "JFK"},
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("job_{{job.run_id}}", "job_9"),
        ("{{ job.parameters.day }}/{{job.parameters.`odd-name`}}", "monday/x"),
        ("{{job.start_time.iso_date}} {{job.start_time.is_weekday}}", "2013-10-06 false"),
        ("{{job.start_time.iso_datetime}}", "2013-10-06T07:08:09.123Z"),
        ("{{job.trigger.type}} {{task.name}}", "one_time check"),
        ("{{tasks.fit.values.rmse}} {{tasks.fit.values.good}} {{tasks.fit.values.who}}", "29.8 true me"),
        ("{{tasks.fit.result_state}}", "success"),
        ("{{input.city}} {{input}}", 'JFK {"city": "JFK"}'),
        ("{{my.value}} {{job.id", "{{my.value}} {{job.id"),
    ],
)
def test_references_become_values(text: str, value: str) -> None:
    assert references.resolve(text, SCOPE) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{job.parameters.night}}", "Job parameters: day, odd-name."),
        ("{{tasks.fit.values.mae}}", "task fit has set: good, rmse, who."),
        ("{{tasks.gone.values.mae}}", "Tasks that are over: fit."),
    ],
)
def test_references_to_nothing_say_what_there_is(text: str, said: str) -> None:
    with pytest.raises(references.UnknownReferenceError, match=re.escape(said)):
        references.resolve(text, SCOPE)
