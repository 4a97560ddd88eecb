"""Replays every recorded case of the real GitHub plugin through the stand-in: the same requests and state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from mlops_sandbox.providers.serve import load, start
from parity import code_hosts
from parity.cases import meaning, run
from parity.engine import Engine
from replay import cases

_ORGANIZATION = {"login": "acme", "id": 7, "type": "Organization"}
_CHANGES = ("update", "replace", "delete")


@pytest.fixture(scope="module")
def github_provider() -> Iterator[grpc.Channel]:
    server, port = start(load("github"))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(grace=None).wait()


def _here(value: Any, url: str) -> Any:
    """Outputs with the recording server's address, which was not one that a port could be read from."""
    if isinstance(value, dict):
        return {key: _here(item, url) for key, item in value.items()}
    return value.replace(url, "http://host") if isinstance(value, str) else value


@pytest.mark.parametrize("name", cases(code_hosts.FOLDER / "wire-github"))
def test_sends_and_keeps_what_the_real_github_plugin_did(name: str, github_provider: grpc.Channel) -> None:
    with code_hosts.serving({"GET /api/v3/orgs/acme": _ORGANIZATION}) as host:
        case = code_hosts.case("github", name)
        engine = Engine(github_provider, {"baseUrl": f"{host.url}/", "token": "t", "owner": "acme"})
        for step in case["steps"]:
            host.begin(step["requests"])
            took = run(step["step"], case, step.get("inputs"), engine, delete_first=False)
            assert not host.surprises, f"{step['step']}: sent, and not recorded"
            assert not [code_hosts.line(one) for one in host.expected], f"{step['step']}: not sent"
            assert {k: n for k, n in took.items() if k in _CHANGES} == {
                k: n for k, n in step.get("changes", {}).items() if k in _CHANGES
            }
            if step.get("outputs"):
                assert engine.state["it"].id == step["id"]
                outputs = meaning(_here(engine.state["it"].plain, host.url))
                assert outputs == meaning(step["outputs"]), step["step"]
