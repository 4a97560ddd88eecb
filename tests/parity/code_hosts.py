"""A code host that answers what was recorded, one step at a time; secrets are sealed anew each time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from parity.engine import Resource
from parity.recorded import comparable

FOLDER = Path(__file__).parents[1] / "sandbox" / "data"


def case(vendor: str, name: str) -> dict[str, Any]:
    """A case by its vendor and its file's name."""
    found: dict[str, Any] = json.loads((FOLDER / f"wire-{vendor}" / f"{name}.json").read_text())
    return found


def line(request: dict[str, Any]) -> str:
    """A recorded request as one line."""
    body = request.get("body")
    if isinstance(body, dict) and "encrypted_value" in body:
        body = {**body, "encrypted_value": "sealed"}
    text = comparable(request["method"], request["path"], request.get("query", ""), body)
    return f"{text} {request.get('ifNoneMatch', '')}"


@dataclass
class CodeHost:
    """A server that knows the answers of one step at a time."""

    standing: dict[str, Any] = field(default_factory=dict)
    """Answers of the start-up, by `METHOD path`; asked for whenever the provider likes."""
    url: str = ""
    expected: list[dict[str, Any]] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, requests: list[dict[str, Any]]) -> None:
        """Forget the step before."""
        with self.lock:
            self.surprises = []
            self.expected = [
                each for each in requests if f"{each['method']} {each['path']}" not in self.standing
            ]

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The first unused recorded request like this one."""
        standing = self.standing.get(f"{asked['method']} {asked['path']}")
        if standing is not None:
            return {"status": 200, "response": standing}
        with self.lock:
            for request in self.expected:
                if line(asked) == line(request):
                    self.expected.remove(request)
                    return request
            self.surprises.append(line(asked))
        return {"status": 400, "response": {"message": f"not recorded: {line(asked)}"}}


@contextmanager
def serving(standing: dict[str, Any]) -> Iterator[CodeHost]:
    """A code host on a port of the system's choice."""
    host = CodeHost(standing)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            path, _, query = self.path.partition("?")
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = {
                "method": self.command,
                "path": path,
                "query": query,
                "body": json.loads(raw.replace(host.url, "http://host")) if raw else None,
            }
            if self.headers.get("If-None-Match"):
                asked["ifNoneMatch"] = self.headers["If-None-Match"]
            found = host.answer(asked)
            told = found.get("response")
            payload = b"" if told is None else json.dumps(told).replace("http://host", host.url).encode()
            self.send_response(int(found["status"]))
            if "etag" in found:
                self.send_header("ETag", found["etag"])
            self.send_header("Content-Type", "application/json")
            if found["status"] not in (204, 304):
                self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            if found["status"] not in (204, 304):
                self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def made_again(state: dict[str, Resource], case: dict[str, Any], step: dict[str, Any]) -> dict[str, Resource]:
    """The state after the first step, with the ID that the resource had got by this one.

    Args:
        state: after the first step.
        case: what was recorded.
        step: where something vanished; its first request asks by the new ID.
    """
    old = case["steps"][0]["id"]
    asked = step["requests"][0]["path"].split("/")
    like = [each["path"].split("/") for first in case["steps"] for each in first["requests"]]
    places = {at for path in like if len(path) == len(asked) for at, part in enumerate(path) if part == old}
    new = next((asked[at] for at in places), old)
    again = deepcopy(state)
    again["it"].id = new
    again["it"].outputs = {**again["it"].outputs, "id": new}
    return again
