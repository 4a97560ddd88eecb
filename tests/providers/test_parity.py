"""Replays every recorded case of the real plugin through the stand-in: the same requests, the same state."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from mlops_sandbox.providers.databricks import plugin
from parity import recorded
from parity.engine import Engine

_KNOWN = plugin().types
#: Recorded with client credentials, whose exchange for a token is the SDK's own business.
_OTHER_CREDENTIALS = {"AccountServicePrincipalM2M"}
_CASES = sorted(file.stem for file in recorded.FOLDER.glob("*.json") if file.stem not in _OTHER_CREDENTIALS)
_REPLAYED = [
    name
    for name in _CASES
    if {recorded.case(name)["type"], *(dep["type"] for dep in recorded.case(name)["dependencies"])}
    <= _KNOWN.keys()
]
#: Cases that were recorded with an option of the engine's.
_DELETE_FIRST = {"SecretDeleteBeforeReplace"}
#: Not replayed: the fake workspace forgot a warehouse's tags, so that the real plugin edited it again.
_OTHERWISE = {("SqlEndpoint", "no change"), ("SqlEndpoint", "refresh")}
_ACCOUNT = re.compile("Account|Mws|MetastoreAssignment|BudgetPolicy|FederationPolicy|ServicePrincipalSecret$")


def _resolve(value: Any, engine: Engine) -> Any:
    """`$schema` is a dependency's ID, `$schema.name` one of its outputs, `$sp:int` its ID as a number."""
    if isinstance(value, dict):
        return {key: _resolve(item, engine) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, engine) for item in value]
    if isinstance(value, str) and (found := re.fullmatch(r"\$(\w+)(?:\.(\w+))?(:int)?", value)):
        name, output, number = found.groups()
        resource = engine.state[name]
        text = resource.plain[output] if output else resource.id
        return int(text) if number else text
    return value


def _meaning(value: Any) -> Any:
    """State without what Terraform's SDK itself mixes up: null, empty lists, empty maps."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return value["plaintext"].strip('"')
        kept = {key: _meaning(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, [], {})}
    if isinstance(value, list):
        return sorted((_meaning(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str):
        return value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _run(step: str, case: dict[str, Any], inputs: Any, engine: Engine, delete_first: bool) -> Counter[str]:
    """One step on every resource of the case; counts what happened."""
    if step == "delete":
        engine.destroy()
        return Counter()
    if step == "refresh":
        return Counter(engine.refresh(name) for name in list(engine.state))
    took: Counter[str] = Counter()
    for dependency in case["dependencies"]:
        wanted = _resolve(dependency["inputs"], engine)
        took[engine.up(dependency["name"], dependency["type"], wanted)] += 1
    took[engine.up("it", case["type"], _resolve(inputs, engine), delete_first)] += 1
    return took


@pytest.fixture
def workspace(request: pytest.FixtureRequest) -> Iterator[recorded.Workspace]:
    with recorded.serving(account=bool(_ACCOUNT.search(request.node.callspec.params["name"]))) as served:
        yield served


@pytest.mark.parametrize("name", _REPLAYED)
def test_sends_and_keeps_what_the_real_plugin_did(
    name: str, workspace: recorded.Workspace, databricks_provider: grpc.Channel
) -> None:
    case = recorded.case(name)
    settings = {"host": workspace.url, "token": "t", "authType": "pat", "rateLimit": 10000}
    if workspace.account:
        settings["accountId"] = recorded.ACCOUNT
    engine = Engine(databricks_provider, settings)
    for step in case["steps"]:
        if (name, step["step"]) in _OTHERWISE:
            continue
        workspace.begin(step["requests"])
        took = _run(step["step"], case, step.get("inputs"), engine, name in _DELETE_FIRST)
        assert not workspace.surprises, f"{step['step']}: sent, and not recorded"
        assert not [recorded.line(one) for one in workspace.expected], f"{step['step']}: recorded, not sent"
        if step.get("changes"):
            wanted = {k: n for k, n in step["changes"].items() if k in ("update", "replace", "delete")}
            assert {k: took[k] for k in ("update", "replace", "delete") if took[k]} == wanted, step["step"]
        if step.get("outputs"):
            assert engine.state["it"].id == step["id"]
            outputs = _meaning(engine.state["it"].plain)
            told = {
                key: value.replace(workspace.url, "http://host") if isinstance(value, str) else value
                for key, value in outputs.items()
            }
            assert told == _meaning(step["outputs"]), step["step"]
