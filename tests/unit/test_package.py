"""The Pulumi package: programs in other languages see every component, and what each argument is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.provider.experimental.component import ComponentProvider
from pulumi_databricks_mlops import package


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads(ComponentProvider(package.components(), package.NAME).schema or "")


def test_every_component_is_in_the_schema(schema: Any) -> None:
    names = {token.rpartition(":")[2] for token in schema["resources"]}
    assert names == {component.__name__ for component in package.components()}
    assert {"Environment", "MlProject", "ServingEndpoint", "Workspace"} <= names


def test_everything_in_the_schema_is_described(schema: Any) -> None:
    undescribed = []
    for token, declared in (schema["resources"] | schema["types"]).items():
        fields = declared.get("properties", {}) | declared.get("inputProperties", {})
        undescribed += [token] * (not declared.get("description"))
        undescribed += [f"{token}.{name}" for name, field in fields.items() if not field.get("description")]
    assert not undescribed
