"""Whatever a component is given, the providers take what it declares: their own schemas say so.

The real plugins check inputs by the same declarations: unknown and computed properties, required ones, those
that exclude each other, types. The installed SDK, which is newer, says what is deprecated.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import every_argument
import mlops_sandbox.providers
import pulumi
import pulumi_databricks as databricks
import pytest
from mlops_sandbox.providers.bridge.check import check
from mlops_sandbox.providers.bridge.schema import Property, ProviderSchema
from pulumi._types import input_type_py_to_pulumi_names
from pulumi.runtime.rpc import is_rpc_secret
from unit_declared import declare

SCHEMAS = {
    name: ProviderSchema(Path(str(mlops_sandbox.providers.__file__)).parent / name / "schema.json")
    for name in ("databricks", "github", "azuredevops")
}
PLAIN = {"string": str, "bool": bool, "int": int | float, "float": int | float}
NEEDS = {"workspace-azure": "pulumi_azure_native"}
PROGRAMS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None,
            reason="the extra is not installed",
        ),
    )
    for name in every_argument.PROGRAMS
]


def plain(value: Any) -> Any:
    """Inputs without the marks of secrets."""
    if is_rpc_secret(value):
        return plain(value["value"])
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def mistyped(properties: Any, inputs: dict[str, Any], path: str = "") -> Iterator[str]:
    """Values that are not of the declared type as they are: the plugin would convert them, or not."""
    for name, value in inputs.items():
        declared: Property = properties[name]
        items = value if declared.type in ("list", "set") else [value]
        for item in items:
            kind = declared.elem or declared.type
            if declared.properties:
                yield from mistyped(declared.properties, item, f"{path}{name}.")
            elif kind in PLAIN and (
                not isinstance(item, PLAIN[kind]) or (isinstance(item, bool) and kind != "bool")
            ):
                yield f"{path}{name} is {item!r} and not of the type {kind}"


def outdated(args: Any, module: Any, inputs: dict[str, Any], path: str = "") -> Iterator[str]:
    """Properties that the installed SDK does not have, or deprecates."""
    names = {theirs: ours for ours, theirs in input_type_py_to_pulumi_names(args).items()}
    for name, value in inputs.items():
        if name not in names:
            yield f"{path}{name} is not in the SDK"
            continue
        getter = getattr(args, names[name]).fget
        if "_pulumi_deprecated_callable" in vars(getter):
            yield f"{path}{name} is deprecated"
        inner = re.findall(r"(\w+Args)\b", str(args.__init__.__annotations__[names[name]]))
        for item in value if isinstance(value, list) else [value]:
            if inner and isinstance(item, dict):
                yield from outdated(getattr(module, inner[-1]), module, item, f"{path}{name}.")


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("error")
def test_providers_take_what_a_component_declares(name: str) -> None:
    wrong: list[str] = []
    estate = declare(every_argument.build(name), answers=every_argument.ANSWERS)
    for each in estate.values():
        package = each.request.type.partition(":")[0]
        if not each.request.custom or package not in SCHEMAS:
            continue
        inputs, schema = plain(each.inputs), SCHEMAS[package][each.request.type]
        found = [
            str(failure.path) + ": " + failure.reason
            for failure in check(schema, inputs, {}, each.name, b"x")[1]
        ]
        found = found or list(mistyped(schema.properties, inputs))
        sdk = importlib.import_module(f"pulumi_{package}")
        found += outdated(
            getattr(sdk, f"{each.kind}Args"), importlib.import_module(f"pulumi_{package}._inputs"), inputs
        )
        wrong += [f"{each.kind} {each.name}: {problem}" for problem in found]
    assert wrong == []


@pytest.mark.parametrize(
    "name", ["job-periodic", "secrets", "catalog-aws", "features", "project", "ci-github"]
)
def test_what_is_in_a_component_waits_for_what_the_component_waits_for(name: str) -> None:
    def first() -> list[pulumi.Resource]:
        return [databricks.Directory("first", path="/first")]

    estate = declare(every_argument.build(name, first), answers=every_argument.ANSWERS)
    made = [each for each in estate.values() if each.request.custom]
    inside = [each for each in made if "databricks-mlops:index:" in each.request.parent]
    assert inside
    for each in inside:
        assert any(urn.endswith("::first") for urn in each.request.dependencies), each.name


def test_together_the_programs_give_every_argument() -> None:
    wanted, given = set(), set()
    for component, args in every_argument.PROGRAMS.values():
        declared = component.__init__.__annotations__["args"]
        wanted |= every_argument.declared_arguments(declared)
        given |= set(every_argument.given(declared, args))
    assert sorted(wanted - given) == []
