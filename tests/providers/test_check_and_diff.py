"""Check and Diff as laws: what holds for every resource type and any inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlops_sandbox.providers.bridge.check import DEFAULTS, check
from mlops_sandbox.providers.bridge.diff import Kind, delete_before_replace, diff
from mlops_sandbox.providers.bridge.drift import Suppressed, drift
from mlops_sandbox.providers.bridge.schema import Property
from mlops_sandbox.providers.bridge.values import UNKNOWN, Secret, decode, encode
from mlops_sandbox.providers.databricks import plugin

SCHEMA = plugin().schema
TOKENS = sorted(SCHEMA)
_NOTHING = Suppressed(unset=frozenset(), always=frozenset())
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(min_size=1, max_size=8),
    "int": st.integers(1, 10**9),
    "float": st.floats(0.5, 100),
    "bool": st.just(True),
}


def _value(declared: Property, depth: int) -> st.SearchStrategy[Any]:
    if declared.type in ("list", "set"):
        if declared.holds_objects:
            return st.lists(_object(declared.properties, depth), min_size=1, max_size=3)
        return st.lists(SCALARS.get(declared.elem, SCALARS["string"]), min_size=1, max_size=4)
    if declared.holds_objects:
        return _object(declared.properties, depth)
    if declared.type in ("map", "object"):
        return st.dictionaries(st.text(min_size=1, max_size=4), SCALARS["string"], min_size=1, max_size=3)
    return SCALARS[declared.type]


def _object(properties: Mapping[str, Property], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    inputs = {
        name: one
        for name, one in properties.items()
        if one.is_input and (one.required or depth > 0 or not one.holds_objects)
    }
    required = {name: _value(one, depth - 1) for name, one in inputs.items() if one.required}
    others = [name for name, one in inputs.items() if not one.required]

    def filled(names: set[str]) -> st.SearchStrategy[dict[str, Any]]:
        chosen = {name: _value(inputs[name], depth - 1) for name in sorted(names)}
        return st.fixed_dictionaries({**required, **chosen})

    return st.sets(st.sampled_from(others), max_size=4).flatmap(filled) if others else filled(set())


@st.composite
def deployed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A resource type, and inputs of it."""
    token = draw(st.sampled_from(TOKENS))
    return token, draw(_object(SCHEMA[token].properties, 2))


def _reordered(properties: Mapping[str, Property], value: dict[str, Any], draw: Any) -> dict[str, Any]:
    """The same inputs with every set in another order."""
    turned = dict(value)
    for name, item in value.items():
        declared = properties[name]
        if declared.type == "set":
            turned[name] = draw(st.permutations(item))
        elif declared.holds_objects and isinstance(item, dict):
            turned[name] = _reordered(declared.properties, item, draw)
        elif declared.holds_objects and isinstance(item, list):
            turned[name] = [_reordered(declared.properties, one, draw) for one in item]
    return turned


@settings(max_examples=150, deadline=None)
@given(deployed(), st.data())
def test_the_order_of_a_set_is_no_change(case: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    token, inputs = case
    turned = _reordered(SCHEMA[token].properties, inputs, data.draw)
    assert diff(SCHEMA[token], inputs, turned) == []


@settings(max_examples=150, deadline=None)
@given(deployed())
def test_an_answer_that_says_what_the_program_says_is_no_drift(case: tuple[str, dict[str, Any]]) -> None:
    token, inputs = case
    assert drift(SCHEMA[token], inputs, inputs, _NOTHING) == []


@settings(max_examples=150, deadline=None)
@given(deployed(), st.data())
def test_what_only_the_workspace_says_is_drift_unless_it_is_suppressed(
    case: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    token, inputs = case
    free = [
        one
        for name, one in SCHEMA[token].properties.items()
        if one.optional and not one.computed and one.type == "string" and name not in inputs
    ]
    if not free:
        return
    filled = data.draw(st.sampled_from(free))
    state = {**inputs, filled.name: f"{filled.default}-not"}
    [change] = drift(SCHEMA[token], inputs, state, _NOTHING)
    assert (change.text, change.kind, change.replaces) == (filled.name, Kind.DELETE, filled.force_new)
    ignored = frozenset({filled.api})
    assert drift(SCHEMA[token], inputs, state, Suppressed(unset=ignored, always=frozenset())) == []
    assert drift(SCHEMA[token], inputs, state, Suppressed(unset=frozenset(), always=ignored)) == []


def test_an_index_that_does_not_say_its_subtype_is_replaced() -> None:
    """As users of the Terraform provider found from its version 1.113 on."""
    schema = SCHEMA["databricks:index/vectorSearchIndex:VectorSearchIndex"]
    said = {"name": "a.b.c", "endpointName": "e", "indexType": "DIRECT_ACCESS", "primaryKey": "id"}
    changes = drift(schema, said, {**said, "indexSubtype": "HYBRID"}, _NOTHING)
    assert [(one.text, one.replaces) for one in changes] == [("indexSubtype", True)]


def test_what_is_in_a_block_that_replaces_need_not_replace() -> None:
    schema = SCHEMA["databricks:index/notificationDestination:NotificationDestination"]
    old, new = ({"displayName": "d", "config": {"slack": {"url": url}}} for url in ("a", "b"))
    assert [one.replaces for one in diff(schema, old, new)] == [False]
    other = {"displayName": "d", "config": {"pagerduty": {"integrationKey": "k"}}}
    assert all(one.replaces for one in diff(schema, old, other))


@settings(max_examples=150, deadline=None)
@given(deployed(), st.data())
def test_a_property_replaces_exactly_when_it_is_declared_so(
    case: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    token, inputs = case
    plain = [
        name
        for name in inputs
        if not SCHEMA[token].properties[name].holds_objects
        and SCHEMA[token].properties[name].type == "string"
    ]
    if plain:
        name = data.draw(st.sampled_from(plain))
        changes = diff(SCHEMA[token], inputs, {**inputs, name: inputs[name] + "x"})
        assert [(one.text, one.kind) for one in changes] == [(name, Kind.UPDATE)]
        assert changes[0].replaces is SCHEMA[token].properties[name].force_new
        assert diff(SCHEMA[token], inputs, {**inputs, name: inputs[name] + "x"}, [name]) == []


@settings(max_examples=150, deadline=None)
@given(deployed())
def test_what_the_workspace_computes_never_shows_as_a_change(case: tuple[str, dict[str, Any]]) -> None:
    token, inputs = case
    computed = {
        name: "chosen by the workspace"
        for name, one in SCHEMA[token].properties.items()
        if one.computed and not one.holds_objects and one.type == "string" and name not in inputs
    }
    assert diff(SCHEMA[token], {**inputs, **computed}, inputs) == []


@settings(max_examples=100, deadline=None)
@given(deployed())
def test_checking_twice_changes_nothing(case: tuple[str, dict[str, Any]]) -> None:
    token, inputs = case
    once, _ = check(SCHEMA[token], inputs, {}, "it", b"seed")
    twice, _ = check(SCHEMA[token], inputs, once, "it", b"other seed")
    assert diff(SCHEMA[token], once, twice) == []


@settings(max_examples=100, deadline=None)
@given(deployed())
def test_values_survive_the_protocol(case: tuple[str, dict[str, Any]]) -> None:
    sent = {"inputs": case[1], "hidden": Secret(case[1]), "later": UNKNOWN}
    got = decode(encode(sent))
    assert got["inputs"] == case[1]
    assert got["hidden"] == Secret(case[1])
    assert got["later"] is UNKNOWN


@pytest.mark.parametrize(
    ("kind", "inputs", "reason"),
    [
        ("Schema", {"catalogName": "c", "name": "s", "coment": "x"}, "did you mean comment?"),
        ("Schema", {"name": "s"}, "catalogName is required and missing"),
        ("Schema", {"catalogName": ["c"], "name": "s"}, "catalogName must be a string, not a list"),
        ("Schema", {"catalogName": "c", "schemaId": "1"}, "schemaId is computed by the workspace"),
        ("Notebook", {"path": "/a", "source": "a", "contentBase64": "b"}, "exclude each other"),
        ("SqlEndpoint", {"clusterSize": "S", "autoStopMins": "soon"}, "autoStopMins must be a whole number"),
        ("Job", {"tasks": [{"taskKey": "a", "notebokTask": {}}]}, "did you mean notebookTask?"),
        ("PermissionAssignment", {"permissions": ["USER"]}, "exactly one of"),
    ],
)
def test_a_wrong_input_is_one_sentence_that_names_it(kind: str, inputs: dict[str, Any], reason: str) -> None:
    token = f"databricks:index/{kind[0].lower()}{kind[1:]}:{kind}"
    _, failures = check(SCHEMA[token], inputs, {}, "it", b"")
    assert len(failures) == 1
    assert reason in failures[0].reason


def test_a_missing_name_is_generated_once_and_then_kept() -> None:
    schema = SCHEMA["databricks:index/catalog:Catalog"]
    first, _ = check(schema, {}, {}, "lake", b"seed")
    again, _ = check(schema, {}, first, "lake", b"another")
    assert first["name"].startswith("lake-")
    assert again == first
    assert "name" in first[DEFAULTS]
    assert not delete_before_replace(schema, first)
    chosen, _ = check(schema, {"name": "lake"}, first, "lake", b"seed")
    assert delete_before_replace(schema, chosen)


def test_an_unknown_value_of_a_replacing_property_previews_a_replacement() -> None:
    schema = SCHEMA["databricks:index/schema:Schema"]
    old = {"catalogName": "main", "name": "flights"}
    changes = diff(schema, old, {**old, "catalogName": UNKNOWN})
    assert [(one.text, one.replaces) for one in changes] == [("catalogName", True)]


def test_a_change_inside_of_a_job_names_its_path() -> None:
    schema = SCHEMA["databricks:index/job:Job"]
    task = {"taskKey": "a", "notebookTask": {"notebookPath": "/x", "baseParameters": {"run.date": "1"}}}
    other = {"taskKey": "a", "notebookTask": {"notebookPath": "/y", "baseParameters": {"run.date": "2"}}}
    changes = diff(schema, {"tasks": [task]}, {"tasks": [other, {"taskKey": "b"}]})
    assert {one.text: one.kind for one in changes} == {
        "tasks[0].notebookTask.notebookPath": Kind.UPDATE,
        'tasks[0].notebookTask.baseParameters["run.date"]': Kind.UPDATE,
        "tasks[1]": Kind.ADD,
    }
