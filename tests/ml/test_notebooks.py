"""Notebooks are thin, complete and what the project's jobs ask for."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from flights.clock import Window, resolved
from flights.inference.task import PREDICTIONS

ML_CODE = Path(__file__).parents[2] / "ml_code"
NOTEBOOKS = sorted((ML_CODE / "notebooks").glob("*.py"))
PROJECT: dict[str, Any] = yaml.safe_load((ML_CODE / "project.yaml").read_text())


def widgets(source: str) -> dict[str, str]:
    return dict(re.findall(r'dbutils\.widgets\.(?:text|combobox)\("(\w+)", "([^"]*)"', source))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_thin_and_every_widget_it_reads_has_a_default(notebook: Path) -> None:
    source = notebook.read_text()
    compile(source, notebook.name, "exec")
    assert source.startswith("# Databricks notebook source\n")
    assert len(source.splitlines()) < 90
    asked = set(re.findall(r'value\("(\w+)"\)|widgets\.get\("(\w+)"\)', source))
    assert {a or b for a, b in asked} | set(re.findall(r"value\('(\w+)'\)", source)) <= set(widgets(source))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_offers_every_environment_and_takes_any_other(notebook: Path) -> None:
    """A dropdown would refuse a copy of one's own."""
    (offered,) = re.findall(r'widgets\.combobox\("env", "\w+", (\[.*\])\)', notebook.read_text())
    stacks = {path.name.split(".")[1] for path in ML_CODE.parent.glob("Pulumi.*.yaml")}
    assert set(ast.literal_eval(offered)) == stacks


def test_a_notebooks_defaults_are_its_jobs() -> None:
    """What a person runs by hand in a Git folder is what the job runs; only names of places differ."""
    for name, job in PROJECT["jobs"].items():
        for task in job["tasks"].values():
            if "notebook" not in task or name == "rollback":
                continue
            defaults = widgets((ML_CODE / f"{task['notebook']}.py").read_text())
            for parameter, value in job.get("parameters", {}).items():
                if parameter in defaults and not value.startswith("$"):
                    if (name, parameter) in {("promotion", "judge_from"), ("promotion", "judge_until")}:
                        continue
                    assert defaults[parameter] == value, (name, parameter)


def test_every_job_parameter_is_a_widget_of_one_of_its_notebooks() -> None:
    for name, job in PROJECT["jobs"].items():
        taken: set[str] = set()
        for task in job["tasks"].values():
            if "notebook" in task:
                taken |= set(widgets((ML_CODE / f"{task['notebook']}.py").read_text()))
        assert set(job.get("parameters", {})) <= taken, name


def test_the_declared_predictions_table_is_the_one_that_is_written() -> None:
    declared = PROJECT["tables"]["predictions"]["columns"]
    assert declared == {field.name: field.dataType.simpleString() for field in PREDICTIONS.fields}


def test_jobs_that_run_jobs_give_parameters_that_those_have() -> None:
    for job in PROJECT["jobs"].values():
        for task in job["tasks"].values():
            if "run_job" in task:
                known = set(PROJECT["jobs"][task["run_job"]].get("parameters", {}))
                assert set(task.get("job_parameters", {})) <= known, task


def test_days_of_every_job_can_be_resolved_and_scheduled_jobs_have_no_fixed_ones_but_the_published() -> None:
    known = Window(date(2013, 1, 1), date(2014, 1, 1))
    for name, job in PROJECT["jobs"].items():
        days = {
            parameter: value
            for parameter, value in job.get("parameters", {}).items()
            if parameter.endswith(("_from", "_until")) or parameter in ("start", "end")
        }
        resolved(days, date(2014, 1, 2), lambda: known)
        if "schedule" in job and name != "features":
            assert all(value.startswith(("latest", "today")) for value in days.values()), name
