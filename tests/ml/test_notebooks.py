"""Notebooks are thin, complete and what the project's jobs ask for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flights.inference.task import PREDICTIONS

ML_CODE = Path(__file__).parents[2] / "ml_code"
NOTEBOOKS = sorted((ML_CODE / "notebooks").glob("*.py"))
PROJECT: dict[str, Any] = yaml.safe_load((ML_CODE / "project.yaml").read_text())


def widgets(source: str) -> dict[str, str]:
    return dict(re.findall(r'dbutils\.widgets\.text\("(\w+)", "([^"]*)"\)', source))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_thin_and_every_widget_it_reads_has_a_default(notebook: Path) -> None:
    source = notebook.read_text()
    compile(source, notebook.name, "exec")
    assert source.startswith("# Databricks notebook source\n")
    assert len(source.splitlines()) < 90
    asked = set(re.findall(r'value\("(\w+)"\)|widgets\.get\("(\w+)"\)', source))
    assert {a or b for a, b in asked} | set(re.findall(r"value\('(\w+)'\)", source)) <= set(widgets(source))


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


def test_retraining_overrides_parameters_that_training_has() -> None:
    given = PROJECT["jobs"]["monitoring"]["tasks"]["retrain"]["job_parameters"]
    assert set(given) <= set(PROJECT["jobs"]["training"]["parameters"])
