"""Whatever is done to right settings, they are taken or told; and editors know the same as the program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from settings import SettingsError, load
from settings.schema import schemas
from settings_samples import PROJECT, STACK, mutations
from unit_declared import NOTEBOOK, write_project

FILES = {"Pulumi.dev.yaml", "defaults.yaml", "ml_code/project.yaml"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("notebooks/train.py", NOTEBOOK),
        ("notebooks/deploy.py", NOTEBOOK),
        ("flights/a.py", ""),
    ):
        (tmp_path / "ml_code" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ml_code" / name).write_text(text)
    write_project(tmp_path / "ml_code", PROJECT)
    return tmp_path


#: A value that a message shows.
_QUOTED = r"""'[^']*'|"[^"]*["]"""


def told(error: SettingsError) -> None:
    """Each mistake says where it is and what would be right, in words of the settings."""
    for problem in error.problems:
        assert problem.file in FILES
        assert len(problem.text) > 8
        ours = re.sub(_QUOTED, "", problem.text)
        assert not re.search(r"Traceback|<class|pydantic|NoneType|dict\b|\bstr\b|validation error", ours)


EXAMPLES = 60
STEADY = hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=EXAMPLES,
    deadline=None,
)


def test_the_settings_to_start_from_are_right(folder: Path) -> None:
    assert load(STACK, "dev", folder).projects[0].settings.project == "flights"
    for name, document in (("project.schema.json", PROJECT), ("settings.schema.json", in_stack(STACK))):
        assert refusals(name, document) == []


@given(changed=mutations(STACK))
@STEADY
def test_a_changed_stack_file_is_taken_or_told(folder: Path, changed: Any) -> None:
    try:
        load(changed, "dev", folder)
    except SettingsError as error:
        told(error)


@given(changed=mutations(PROJECT))
@STEADY
def test_a_changed_project_is_taken_or_told(folder: Path, changed: Any) -> None:
    write_project(folder / "ml_code", changed)
    try:
        load(STACK, "dev", folder)
    except SettingsError as error:
        told(error)


@given(at=st.integers(0, 3000), cut=st.integers(0, 5), put=st.text(max_size=5))
@STEADY
def test_a_changed_text_is_taken_or_told(folder: Path, at: int, cut: int, put: str) -> None:
    file = folder / "ml_code" / "project.yaml"
    write_project(folder / "ml_code", PROJECT)
    text = file.read_text()
    file.write_text(text[:at] + put + text[at + cut :], encoding="utf-8", errors="surrogatepass")
    try:
        load(STACK, "dev", folder)
    except SettingsError as error:
        told(error)


SCHEMAS = {name: json.loads(text) for name, text in schemas().items() if name.endswith(".json")}


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    """As editors read it: letters are ASCII's, and `$` is the very end."""
    closed = pattern.removesuffix("$") + (r"\Z" if pattern.endswith("$") else "")
    if isinstance(value, str) and not re.search(closed, value, re.ASCII):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


VALIDATORS = {
    name: extend(Draft202012Validator, {"pattern": _pattern})(schema) for name, schema in SCHEMAS.items()
}


def refusals(name: str, document: Any) -> list[str]:
    """What one of the schemas refuses."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATORS[name].iter_errors(document)]


def in_stack(document: Any) -> dict[str, Any]:
    return {"config": {"databricks-mlops:environment": document}}


SHAPE = re.compile(
    r"is not text|is not a setting|is missing: add it|does not have the form|is not one of '|is not a list"
    r"|is not a mapping|is not a whole number|is not true or false|has too few entries|should be"
)
"""What a mistake says that a schema can tell, too."""


def agree(schema: str, document: Any, problems: list[Any]) -> None:
    """The schema refuses nothing that is right, and everything whose shape is wrong."""
    refused = refusals(schema, document)
    if not problems:
        assert refused == []
    elif not refused:
        assert [str(each) for each in problems if SHAPE.search(each.text)] == []


@given(changed=mutations(STACK))
@STEADY
def test_editors_know_what_stack_files_are(folder: Path, changed: Any) -> None:
    problems: list[Any] = []
    try:
        load(changed, "dev", folder)
    except SettingsError as error:
        problems = [each for each in error.problems if ".overrides." not in str(each)]
        if not problems or any(each.file != "Pulumi.dev.yaml" for each in problems):
            return
    agree("settings.schema.json", in_stack(changed), problems)


@given(changed=mutations(PROJECT))
@STEADY
def test_editors_know_what_projects_are(folder: Path, changed: Any) -> None:
    write_project(folder / "ml_code", changed)
    written = (folder / "ml_code" / "project.yaml").read_text()
    problems: list[Any] = []
    try:
        load({**STACK, "projects": [{"path": "ml_code"}]}, "dev", folder)
    except SettingsError as error:
        problems = error.problems
    agree("project.schema.json", yaml.safe_load(written), problems)


def test_editors_take_references_where_a_form_is_asked_for() -> None:
    mine = {"name": "dev", "catalog": {"name": "dev", "adopt": True}, "developer": "${user}"}
    assert refusals("settings.schema.json", in_stack(mine)) == []
    arrival = {"file_arrival": {"url": "${folder}"}}
    job = {"tasks": {"a": {"notebook": "a"}}, "trigger": arrival}
    assert refusals("project.schema.json", {"project": "flights", "jobs": {"a": job}}) == []
