"""A code host that answers what was recorded, one step at a time; secrets are sealed anew each time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

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
                "body": json.loads(raw) if raw else None,
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
