"""Whatever is done to right settings, they are taken or told; and editors know the same as the program."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from settings import SettingsError, load
from settings.schema import schemas
from unit_declared import NOTEBOOK, write_project

KEY = "{{secrets/dev-flights/key}}"
ACCOUNT = "a0000000-1111-2222-3333-444444444444"
STACK: dict[str, Any] = {
    "name": "dev",
    "stage": "dev",
    "catalog": {
        "name": "dev",
        "isolated": True,
        "storage": {"url": "s3://acme/dev", "aws_role_arn": "arn:aws:iam::123456789012:role/x"},
        "workspaces": {"prod": {"workspace_id": "4711", "read_only": True}},
    },
    "account": {"id": ACCOUNT, "auth_type": "oauth-m2m"},
    "workspace": {
        "create": {
            "region": "us-east-1",
            "aws": {
                "role_arn": "arn:aws:iam::123456789012:role/x",
                "bucket": "b",
                "network": {"vpc_id": "v", "subnet_ids": ["a", "b"], "security_group_ids": ["g"]},
            },
        },
        "metastore_id": ACCOUNT,
        "ip_access_lists": {"office": {"addresses": ["203.0.113.0/24"], "block": False}},
        "cluster_policies": {"small": {"definition": {"num_workers": {"type": "fixed", "value": 0}}}},
        "budget_policy": {"team": "ml"},
        "notification_destinations": {"oncall": {"email": ["a@b.c"]}, "chat": {"kind": "slack"}},
    },
    "identities": {
        "principals": ["deployer", "runner", "caller"],
        "members": {"owners": ["815"]},
        "entitlements": {"runner": ["workspace_access"]},
        "trusts": [{"github": {"repository": "acme/ml", "environment": "dev"}}],
    },
    "ci": {
        "platform": "github",
        "owner": "acme",
        "repository": "ml",
        "reviewers": ["octocat", "team:ml"],
        "variables": {"A": "1"},
    },
    "warehouse": {"size": "Small", "auto_stop_minutes": 5},
    "folder": "/Shared/mlops",
    "roles": {"readers": ["analysts"], "owners": ["ada@example.com"]},
    "notifications": {"on_failure": ["a@b.c"], "failure_destinations": ["oncall"]},
    "tags": {"team": "ml"},
    "protect": False,
    "pause_schedules": True,
    "take_over": {"types": ["Catalog"], "ids": {"dev-flights-training-job": "1"}},
    "projects": [{"path": "ml_code", "overrides": {"serving": {"usage_tracking": True}}}],
}
PROJECT: dict[str, Any] = {
    "project": "flights",
    "code": {"include": ["flights/*.py", "notebooks/*.py"]},
    "environment": {"version": "5", "dependencies": ["mlflow"]},
    "model": {"name": "delay", "comment": "d"},
    "tables": {
        "predictions": {
            "columns": {"at": "timestamp", "guess": "double", "version": "string"},
            "properties": {"a": "1"},
        }
    },
    "volumes": {"inbox": {"comment": "d"}},
    "secrets": {"key": {"comment": "d"}, "other": {"env": "OTHER"}},
    "jobs": {
        "training": {
            "parameters": {"model": "${model}"},
            "schedule": {"cron": "0 0 9 * * ?", "timezone": "UTC"},
            "health": [{"metric": "RUN_DURATION_SECONDS", "value": 60}],
            "notifications": {"on_success": ["a@b.c"]},
            "tasks": {
                "train": {"notebook": "notebooks/train", "retries": 1},
                "deploy": {"notebook": "notebooks/deploy", "depends_on": ["train"], "timeout_seconds": 60},
                "when": {"condition": {"left": "1", "op": "EQUAL_TO", "right": "1"}},
                "each": {
                    "for_each": {"inputs": "[1]", "concurrency": 2, "task": {"run_job": "small"}},
                    "depends_on": [{"task": "when", "outcome": "true"}],
                },
            },
        },
        "small": {
            "trigger": {"periodic": {"interval": 1, "unit": "DAYS"}},
            "cluster": {"spark_version": "16.4.x-scala2.12", "policy_id": "small", "num_workers": 1},
            "tasks": {"sql": {"sql": {"query": "q1", "parameters": {"a": "1"}}, "run_if": "ALL_DONE"}},
        },
    },
    "integration": {"training": {"model": "m"}},
    "serving": {
        "workload_size": "Small",
        "inference_table": True,
        "rate_limits": [{"calls": 10, "key": "user"}],
        "guardrails": {"input": {"pii": "BLOCK", "safety": True}},
        "served_entities": [
            {"external": {"name": "m", "task": "llm/v1/chat", "openai": {"api_key": KEY}}, "traffic": 100}
        ],
    },
    "monitor": {
        "table": "predictions",
        "problem": "regression",
        "timestamp": "at",
        "prediction": "guess",
        "model_id": "version",
        "granularities": ["1 day"],
        "custom_metrics": [
            {"name": "bias", "kind": "aggregate", "definition": "avg(guess)", "input_columns": [":table"]}
        ],
        "alerts": {"error": {"metric": "bias", "above": 1.5, "windows": 2, "violations": 1}},
    },
    "features": {
        "tables": {"t": {"columns": {"k": "string", "at": "timestamp"}, "primary_key": ["k"]}},
        "online_store": {"capacity": "CU_1", "read_replicas": 0},
    },
    "search": {
        "endpoint_type": "STANDARD",
        "indexes": {
            "i": {
                "primary_key": "version",
                "table": "predictions",
                "text": "version",
                "embedding_endpoint": "e",
            }
        },
    },
}
FILES = {"Pulumi.dev.yaml", "defaults.yaml", "ml_code/project.yaml"}
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 10**6)
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | st.text(max_size=6)
    | st.sampled_from(["", "true", "1", "x y", "${model}", "${nobody}", "a@b.c", "0 0 9 * * ?", "é", "١"])
)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=4,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    if path:
        yield path
    steps: Any = document.items() if isinstance(document, dict) else ()
    for step, inner in enumerate(document) if isinstance(document, list) else steps:
        yield from places(inner, (*path, step))


@st.composite
def mutations(draw: st.DrawFn, document: dict[str, Any]) -> Any:
    """The document with one to three things replaced, taken out or added."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(changed)) or [("x",)]))
        here = changed
        for step in path[:-1]:
            here = here[step]
        what = draw(st.sampled_from(["replace", "replace", "take out", "add", "wrap"]))
        if what == "take out" and path[-1] in (here if isinstance(here, dict) else range(len(here))):
            del here[path[-1]]
        elif what == "wrap" and path != ("x",):
            here[path[-1]] = [here[path[-1]]]
        elif what == "add" and isinstance(here, dict):
            here[draw(st.text(min_size=1, max_size=6))] = draw(JUNK)
        else:
            here[path[-1]] = draw(JUNK)
    return changed


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


def told(error: SettingsError) -> None:
    """Each mistake says where it is and what would be right, in words of the settings."""
    for problem in error.problems:
        assert problem.file in FILES
        assert len(problem.text) > 8
        ours = re.sub(r"'[^']*'", "", problem.text)  # without the value that it quotes
        assert not re.search(r"Traceback|<class|pydantic|NoneType|dict\b|\bstr\b|validation error", ours)


EXAMPLES = 60
STEADY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=EXAMPLES,
    deadline=None,
)


def test_the_settings_to_start_from_are_right(folder: Path) -> None:
    assert load(STACK, "dev", folder).projects[0].settings.project == "flights"
    for name, document in (("project.schema.json", PROJECT), ("settings.schema.json", in_stack(STACK))):
        assert list(refusals(SCHEMAS[name], SCHEMAS[name], document)) == []


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
_KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": int | float,
    "null": type(None),
}
_ANNOTATIONS = {"$schema", "$defs", "title", "description", "default", "examples"}


def refusals(root: Any, schema: Any, value: Any, path: str = "") -> Iterator[str]:
    """What a JSON Schema refuses of a value; only keywords that our schemas have."""
    if "$ref" in schema:
        yield from refusals(root, root["$defs"][schema["$ref"].rpartition("/")[2]], value, path)
    for keyword, wanted in schema.items():
        if keyword not in _ANNOTATIONS and keyword != "$ref":
            yield from _CHECKS[keyword](root, schema, wanted, value, path)


def _kind(_: Any, schema: Any, wanted: str, value: Any, path: str) -> Iterator[str]:
    fits = isinstance(value, _KINDS[wanted]) and not (
        isinstance(value, bool) and wanted in ("integer", "number")
    )
    if not fits:
        yield f"{path}: {value!r} is not of the type {wanted}"


def _some(root: Any, schema: Any, wanted: list[Any], value: Any, path: str) -> Iterator[str]:
    if not any(next(refusals(root, each, value), None) is None for each in wanted):
        yield f"{path}: {value!r} is none of the choices"


def _one(root: Any, schema: Any, wanted: list[Any], value: Any, path: str) -> Iterator[str]:
    if sum(next(refusals(root, each, value), None) is None for each in wanted) != 1:
        yield f"{path}: {value!r} is not one of the choices"


def _properties(root: Any, schema: Any, wanted: Any, value: Any, path: str) -> Iterator[str]:
    for key in wanted if isinstance(value, dict) else ():
        if key in value:
            yield from refusals(root, wanted[key], value[key], f"{path}.{key}")


def _additional(root: Any, schema: Any, wanted: Any, value: Any, path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for key in value if isinstance(value, dict) else ():
        if key not in known and not any(re.search(each, key, re.ASCII) for each in patterns):
            if wanted is False:
                yield f"{path}.{key} is not known"
            elif wanted is not True:
                yield from refusals(root, wanted, value[key], f"{path}.{key}")


def _patterned(root: Any, schema: Any, wanted: Any, value: Any, path: str) -> Iterator[str]:
    for key in value if isinstance(value, dict) else ():
        for pattern, inner in wanted.items():
            if re.search(pattern, key, re.ASCII):
                yield from refusals(root, inner, value[key], f"{path}.{key}")


def _names(root: Any, schema: Any, wanted: Any, value: Any, path: str) -> Iterator[str]:
    for key in value if isinstance(value, dict) else ():
        yield from refusals(root, wanted, key, f"{path}.{key} as a name")


def _items(root: Any, schema: Any, wanted: Any, value: Any, path: str) -> Iterator[str]:
    for index, each in enumerate(value if isinstance(value, list) else ()):
        yield from refusals(root, wanted, each, f"{path}[{index}]")


def _told(holds: Any) -> Any:
    def check(_: Any, schema: Any, wanted: Any, value: Any, path: str) -> Iterator[str]:
        if not holds(wanted, value):
            yield f"{path}: {value!r} breaks {wanted!r}"

    return check


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CHECKS: dict[str, Any] = {
    "type": _kind,
    "anyOf": _some,
    "oneOf": _one,
    "properties": _properties,
    "additionalProperties": _additional,
    "patternProperties": _patterned,
    "propertyNames": _names,
    "items": _items,
    "required": _told(lambda wanted, value: not isinstance(value, dict) or set(wanted) <= set(value)),
    "enum": _told(lambda wanted, value: value in wanted and not isinstance(value, bool)),
    "const": _told(lambda wanted, value: value == wanted),
    "pattern": _told(
        lambda wanted, value: (
            not isinstance(value, str)
            or re.search(wanted.removesuffix("$") + (r"\Z" if wanted.endswith("$") else ""), value, re.ASCII)
        )
    ),
    "minimum": _told(lambda wanted, value: not _number(value) or value >= wanted),
    "maximum": _told(lambda wanted, value: not _number(value) or value <= wanted),
    "multipleOf": _told(lambda wanted, value: not _number(value) or value % wanted == 0),
    "minItems": _told(lambda wanted, value: not isinstance(value, list) or len(value) >= wanted),
    "maxItems": _told(lambda wanted, value: not isinstance(value, list) or len(value) <= wanted),
    "minLength": _told(lambda wanted, value: not isinstance(value, str) or len(value) >= wanted),
    "maxLength": _told(lambda wanted, value: not isinstance(value, str) or len(value) <= wanted),
    "minProperties": _told(lambda wanted, value: not isinstance(value, dict) or len(value) >= wanted),
    "uniqueItems": _told(lambda wanted, value: True),
}


def in_stack(document: Any) -> dict[str, Any]:
    return {"config": {"databricks-mlops:environment": document}}


SHAPE = re.compile(
    r"is not text|is not a setting|is missing: add it|does not have the form|is not one of '|is not a list"
    r"|is not a mapping|is not a whole number|is not true or false|has too few entries|should be"
)
"""What a mistake says that a schema can tell, too."""


def agree(schema: Any, document: Any, problems: list[Any]) -> None:
    """The schema refuses nothing that is right, and everything whose shape is wrong."""
    refused = list(refusals(schema, schema, document))
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
    agree(SCHEMAS["settings.schema.json"], in_stack(changed), problems)


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
    agree(SCHEMAS["project.schema.json"], yaml.safe_load(written), problems)


def test_editors_take_references_where_a_form_is_asked_for() -> None:
    stack, project = SCHEMAS["settings.schema.json"], SCHEMAS["project.schema.json"]
    mine = {"name": "dev", "catalog": {"name": "dev", "adopt": True}, "developer": "${user}"}
    assert list(refusals(stack, stack, in_stack(mine))) == []
    arrival = {"file_arrival": {"url": "${folder}"}}
    job = {"tasks": {"a": {"notebook": "a"}}, "trigger": arrival}
    assert list(refusals(project, project, {"project": "flights", "jobs": {"a": job}})) == []
