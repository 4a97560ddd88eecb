"""What goes wrong is one sentence of the API's, and nothing is made twice or hidden."""

from __future__ import annotations

import threading
import time
from typing import Any

import grpc
import pytest
from mlops_sandbox.providers.bridge.errors import InterruptedByUserError, ResourceError
from mlops_sandbox.providers.bridge.resource import Instance
from mlops_sandbox.providers.bridge.values import Secret, decode
from parity import recorded
from parity.engine import CheckError, Engine
from pulumi.runtime.proto import provider_pb2, status_pb2

CATALOG = "databricks:index/catalog:Catalog"
SECRET = "databricks:index/secret:Secret"


def _answer(method: str, path: str, body: Any, status: int, response: Any) -> dict[str, Any]:
    return {"method": method, "path": path, "body": body, "status": status, "response": response}


def _engine(channel: grpc.Channel, workspace: recorded.Workspace) -> Engine:
    return Engine(channel, {"host": workspace.url, "token": "t", "authType": "pat", "rateLimit": 1000})


def test_what_was_made_before_a_later_step_failed_stays_in_the_state(
    databricks_provider: grpc.Channel,
) -> None:
    denied = {"error_code": "PERMISSION_DENIED", "message": "User does not have MANAGE on Catalog 'dev'."}
    root = "/api/2.1/unity-catalog"
    with recorded.serving() as workspace:
        workspace.begin(
            [
                _answer("POST", f"{root}/catalogs", {"name": "dev"}, 200, {"name": "dev"}),
                _answer("DELETE", f"{root}/schemas/dev.default", None, 200, {}),
                _answer("PATCH", f"{root}/catalogs/dev", {"owner": "admins"}, 403, denied),
            ]
        )
        with pytest.raises(grpc.RpcError) as failed:
            _engine(databricks_provider, workspace).up("it", CATALOG, {"name": "dev", "owner": "admins"})
    told = failed.value.details()
    assert "PERMISSION_DENIED: User does not have MANAGE on Catalog 'dev'." in told
    assert CATALOG in told
    details = dict(failed.value.trailing_metadata())["grpc-status-details-bin"]
    half = provider_pb2.ErrorResourceInitFailed()
    status_pb2.Status.FromString(details).details[0].Unpack(half)
    assert half.id == "dev"
    assert decode(half.properties)["owner"] == "admins"


def test_a_refused_creation_makes_nothing_and_says_why(databricks_provider: grpc.Channel) -> None:
    taken = {"error_code": "CATALOG_ALREADY_EXISTS", "message": "Catalog 'dev' already exists"}
    with recorded.serving() as workspace:
        workspace.begin([_answer("POST", "/api/2.1/unity-catalog/catalogs", {"name": "dev"}, 400, taken)])
        engine = _engine(databricks_provider, workspace)
        with pytest.raises(grpc.RpcError) as failed:
            engine.up("it", CATALOG, {"name": "dev"})
    assert failed.value.details().endswith("CATALOG_ALREADY_EXISTS: Catalog 'dev' already exists")
    assert not engine.state
    assert not failed.value.trailing_metadata()


def test_a_secret_value_is_marked_in_the_state_however_it_came_in(databricks_provider: grpc.Channel) -> None:
    listed = {"secrets": [{"key": "token", "last_updated_timestamp": 1}]}
    body = {"scope": "s", "key": "token", "string_value": "canary"}
    with recorded.serving() as workspace:
        workspace.begin(
            [
                _answer("POST", "/api/2.0/secrets/put", body, 200, {}),
                {**_answer("GET", "/api/2.0/secrets/list", None, 200, listed), "query": "scope=s"},
            ]
        )
        engine = _engine(databricks_provider, workspace)
        engine.up("it", SECRET, {"scope": "s", "key": "token", "stringValue": "canary"})
    assert engine.state["it"].outputs["stringValue"] == Secret("canary")


def test_a_wrong_input_is_refused_before_anything_is_asked(databricks_provider: grpc.Channel) -> None:
    with recorded.serving() as workspace:
        engine = _engine(databricks_provider, workspace)
        with pytest.raises(CheckError, match="did you mean comment"):
            engine.up("it", CATALOG, {"name": "dev", "coment": "x"})
        assert not workspace.sent


def test_giving_up_ends_a_wait_at_once() -> None:
    cancelled = threading.Event()
    asked: list[float] = []
    waiting = Instance(None, cancelled=cancelled)

    def ask() -> bool:
        asked.append(time.monotonic())
        cancelled.set()
        return False

    with pytest.raises(InterruptedByUserError, match="waiting for the endpoint"):
        waiting.wait(ask, bool, "the endpoint", timeout=600)
    assert len(asked) == 1


def test_a_wait_ends_at_the_programs_own_timeout() -> None:
    with pytest.raises(ResourceError, match="the endpoint did not happen within 0 s"):
        Instance(None, timeout=0.01).wait(lambda: False, bool, "the endpoint", timeout=600)
