"""Every type through the stand-in against a sandbox: made, unchanged, read, changed, deleted."""

from __future__ import annotations

import uuid
from typing import Any

import grpc
import pytest
from parity.engine import Engine
from parity.lives import ACCOUNT, LIVES, Life
from running import RunningSandbox


def _engine(channel: grpc.Channel, sandbox: RunningSandbox, account: bool) -> Engine:
    settings: dict[str, Any] = {"host": sandbox.url, "token": sandbox.token, "authType": "pat"}
    if account:
        settings |= {"host": sandbox.url.replace("127.0.0.1", "localhost"), "accountId": ACCOUNT}
    return Engine(channel, {**settings, "rateLimit": 10000})


def _filled(value: Any, engine: Engine, run: str) -> Any:
    """`$name` is an ID of a resource before, `$name.output` one of its outputs; `RUN` makes names unique."""
    if isinstance(value, dict):
        return {key: _filled(item, engine, run) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, engine, run) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        name, _, output = value[1:].partition(".")
        return engine.state[name].plain[output] if output else engine.state[name].id
    return value.replace("RUN", run) if isinstance(value, str) else value


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.kind)
def test_a_resource_lives_from_create_to_destroy(
    life: Life, sandbox: RunningSandbox, databricks_provider: grpc.Channel
) -> None:
    run = uuid.uuid4().hex[:8]
    engine = _engine(databricks_provider, sandbox, life.account)
    for name, kind, inputs in life.before:
        engine.up(name, _token(kind), _filled(inputs, engine, run))
    wanted = _filled(life.inputs, engine, run)
    assert engine.up("it", _token(life.kind), wanted) == "create"
    assert engine.up("it", _token(life.kind), wanted) == "same"
    assert engine.refresh("it") == "same"
    assert engine.up("it", _token(life.kind), wanted) == "same"
    if life.change:
        changed = {**wanted, **_filled(life.change, engine, run)}
        assert engine.up("it", _token(life.kind), changed) == life.takes
        assert engine.up("it", _token(life.kind), changed) == "same"
        assert engine.refresh("it") == "same"
    engine.destroy()
    assert not engine.state


def _token(kind: str) -> str:
    return f"databricks:index/{kind[0].lower()}{kind[1:]}:{kind}"
