"""Replays every recorded case of the real plugins through the stand-ins: the same requests and state."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
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
def providers() -> Iterator[dict[str, grpc.Channel]]:
    """Channels to the served stand-ins, by vendor."""
    serving = {name: start(load(name)) for name in ("github", "azuredevops")}
    channels = {name: grpc.insecure_channel(f"127.0.0.1:{port}") for name, (_, port) in serving.items()}
    yield channels
    for name, (server, _) in serving.items():
        channels[name].close()
        server.stop(grace=None).wait()


def _here(value: Any, url: str) -> Any:
    """Outputs with the recording server's address, as the recording writes it."""
    if isinstance(value, dict):
        return {key: _here(item, url) for key, item in value.items()}
    if isinstance(value, list):
        return [_here(item, url) for item in value]
    return value.replace(url, "http://host") if isinstance(value, str) else value


def _play(host: code_hosts.CodeHost, engine: Engine, case: dict[str, Any]) -> None:
    first: dict[str, Any] = {}
    for step in case["steps"]:
        host.begin(step["requests"])
        if step["step"].startswith("vanished"):
            # It was made again, unrecorded, and removed behind the plugin's back.
            engine.state.update(code_hosts.made_again(first, case, step))
        took = run(step["step"], case, step.get("inputs"), engine, delete_first=False)
        assert not host.surprises, f"{step['step']}: sent, and not recorded"
        assert not [code_hosts.line(one) for one in host.expected], f"{step['step']}: not sent"
        expected = {kind: n for kind, n in step.get("changes", {}).items() if kind in _CHANGES}
        assert {kind: n for kind, n in took.items() if kind in _CHANGES} == expected, step["step"]
        if step.get("outputs"):
            assert engine.state["it"].id == step["id"]
            outputs = meaning(_here(engine.state["it"].plain, host.url))
            assert outputs == meaning(step["outputs"]), step["step"]
        first = first or deepcopy(engine.state)


@pytest.mark.parametrize("name", cases(code_hosts.FOLDER / "wire-github"))
def test_sends_and_keeps_what_the_real_github_plugin_did(
    name: str, providers: dict[str, grpc.Channel]
) -> None:
    with code_hosts.serving({"GET /api/v3/orgs/acme": _ORGANIZATION}) as host:
        settings = {"baseUrl": f"{host.url}/", "token": "t", "owner": "acme"}
        _play(host, Engine(providers["github"], settings), code_hosts.case("github", name))


@pytest.mark.parametrize("name", cases(code_hosts.FOLDER / "wire-azuredevops"))
def test_sends_and_keeps_what_the_real_azuredevops_plugin_did(
    name: str, providers: dict[str, grpc.Channel]
) -> None:
    with code_hosts.serving({}) as host:
        settings = {"orgServiceUrl": f"{host.url}/org", "personalAccessToken": "t"}
        engine = Engine(providers["azuredevops"], settings)
        _play(host, engine, code_hosts.case("azuredevops", name))
