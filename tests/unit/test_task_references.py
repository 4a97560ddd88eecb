"""What a task refers to is there when it starts."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_databricks_mlops.task_references import problems_of

AFTER = {"train": [], "validate": ["train"], "deploy": ["validate"]}


def wrong(text: str, key: str = "deploy", **parameters: str) -> str:
    tasks: dict[str, Any] = {task: {"notebook": "x"} for task in AFTER}
    tasks[key] = {"notebook": "x", "base_parameters": {"p": text}}
    return " ".join(f"{task}: {sentence}" for task, sentence in problems_of(tasks, AFTER, parameters))


@pytest.mark.parametrize(
    "text",
    [
        "{{tasks.train.values.version}} and {{tasks.`validate`.result_state}}",
        "{{job.parameters.day}}/{{job.start_time.iso_date}}/{{ task.name }}",
        "{{workspace.url}} {{input}} {{secrets/scope/key}} {{job_id}} {plain} }}",
    ],
)
def test_what_is_there_may_be_named(text: str) -> None:
    assert wrong(text, day="1") == ""


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        ("{{tasks.trian.values.v}}", "deploy", "deploy: {{tasks.trian.values.v}} names the task 'trian'"),
        ("{{tasks.deploy.values.v}}", "train", "names the task 'deploy', which need not be over by then"),
        ("{{tasks.train.values.v}}", "train", "names the task 'train', which need not be over by then"),
        ("{{tasks.train.value.v}}", "deploy", "(did you mean 'values'?)"),
        ("{{tasks.train.values}}", "deploy", "write {{tasks.train.values.NAME}}"),
        ("{{tasks}}", "deploy", "names the task ''"),
        ("{{task.train.values.v}}", "deploy", "(did you mean 'tasks'?)"),
        ("{{job.parameters.dya}}", "deploy", "'dya', which the job does not have (did you mean 'day'?)"),
        ("{{job.nmae}}", "deploy", "(did you mean 'name'?)"),
        ("{{tasks.train.values.v", "deploy", "has `{{` without `}}`"),
    ],
)
def test_a_reference_to_nothing_is_told_with_its_task(text: str, key: str, told: str) -> None:
    assert told in wrong(text, key, day="1")


def test_conditions_and_inputs_are_looked_at_and_texts_for_people_are_not() -> None:
    tasks: dict[str, Any] = {
        "check": {"condition": {"left": "{{tasks.a.values.b}}", "op": "EQUAL_TO", "right": "1"}},
        "each": {"for_each": {"inputs": "{{tasks.c.values.d}}", "task": {"parameters": ["{{job.no}}"]}}},
        "told": {"notebook": "x", "description": "reads {{tasks.e.values.f}}"},
    }
    assert [key for key, _ in problems_of(tasks, {}, {})] == ["check", "each", "each"]
