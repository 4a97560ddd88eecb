"""Whatever the real plugin was recorded to ask, the sandbox has a route for."""

from __future__ import annotations

from urllib.parse import unquote

from mlops_sandbox.registry import all_routes
from parity import recorded
from starlette.routing import compile_path


def test_every_recorded_request_has_a_route() -> None:
    routes = [(route.method, compile_path(route.path)[0]) for route in all_routes()]
    asked = {
        (request["method"], unquote(request["path"]))
        for file in recorded.FOLDER.glob("*.json")
        for step in recorded.case(file.stem)["steps"]
        for request in step.get("requests", [])
    }
    unknown = [
        (method, path)
        for method, path in asked
        if not any(method == known and pattern.match(path) for known, pattern in routes)
    ]
    assert not unknown
