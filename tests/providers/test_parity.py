"""Replays every recorded case of the real plugin through the stand-in: the same requests, the same state."""

from __future__ import annotations

import re
from collections.abc import Iterator

import grpc
import pytest
from mlops_sandbox.providers.databricks import plugin
from parity import recorded
from parity.cases import meaning, run
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
_ACCOUNT = re.compile("Account|Mws|MetastoreAssignment|BudgetPolicy|FederationPolicy|ServicePrincipalSecret$")


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
        workspace.begin(step["requests"])
        took = run(step["step"], case, step.get("inputs"), engine, name in _DELETE_FIRST)
        assert not workspace.surprises, f"{step['step']}: sent, and not recorded"
        assert not [recorded.line(one) for one in workspace.expected], f"{step['step']}: recorded, not sent"
        if step.get("changes"):
            wanted = {k: n for k, n in step["changes"].items() if k in ("update", "replace", "delete")}
            assert {k: took[k] for k in ("update", "replace", "delete") if took[k]} == wanted, step["step"]
        if step.get("outputs"):
            assert engine.state["it"].id == step["id"]
            outputs = meaning(engine.state["it"].plain)
            told = {
                key: value.replace(workspace.url, "http://host") if isinstance(value, str) else value
                for key, value in outputs.items()
            }
            assert told == meaning(step["outputs"]), step["step"]
