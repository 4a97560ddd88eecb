"""The recorded cases: what the real plugin was asked, what it sent, what it got and what it made of it."""

from __future__ import annotations

import email.parser
import email.policy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

FOLDER = Path(__file__).with_name("wire")
WORKSPACE = "900800700600"
ACCOUNT = "a0000000-1111-2222-3333-444444444444"


def case(name: str) -> dict[str, Any]:
    """A case by its file's name."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def _form(text: str) -> dict[str, str]:
    """The fields of a multipart body; its boundary differs from time to time."""
    boundary = text.split("\r\n", 1)[0][2:]
    head = f'Content-Type: multipart/form-data; boundary="{boundary}"\r\n\r\n'
    message = email.parser.Parser(policy=email.policy.HTTP).parsestr(head + text)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_content_charset()
        or str(part.get_payload())
        for part in message.iter_parts()
    }


def _sorted_sets(body: Any) -> Any:
    """Privileges and entitlements are sets: their order on the wire is an accident."""
    if isinstance(body, dict):
        return {key: _sorted_sets(value) for key, value in body.items()}
    if isinstance(body, list):
        return sorted(
            (_sorted_sets(item) for item in body), key=lambda item: json.dumps(item, sort_keys=True)
        )
    return body


def comparable(method: str, path: str, query: str, body: Any) -> str:
    """A request as one line, alike for alike requests."""
    if isinstance(body, str) and body.startswith("--"):
        body = _form(body)
    if isinstance(body, dict) and "request_id" in body:
        body = {**body, "request_id": "random"}
    asked = dict(parse_qsl(query or ""))
    sent = json.dumps(_sorted_sets(body), sort_keys=True)
    return f"{method} {path} {json.dumps(asked, sort_keys=True)} {sent}"


@dataclass
class Workspace:
    """A server that knows the answers of one step at a time."""

    url: str = ""
    account: bool = False
    expected: list[dict[str, Any]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, requests: list[dict[str, Any]]) -> None:
        """Forget the step before."""
        with self.lock:
            self.expected, self.sent, self.surprises = list(requests), [], []

    def answer(self, method: str, path: str, query: str, body: Any) -> tuple[int, Any]:
        """The first unused recorded answer to a request like this one."""
        asked = comparable(method, path, query, body)
        with self.lock:
            self.sent.append(asked)
            for request in self.expected:
                if asked == line(request):
                    self.expected.remove(request)
                    return int(request["status"]), request["response"]
            self.surprises.append(asked)
        return 400, {"error_code": "NOT_RECORDED", "message": asked}


def line(request: dict[str, Any]) -> str:
    """A recorded request as one line."""
    return comparable(request["method"], request["path"], request.get("query", ""), request.get("body"))


def _discovery(workspace: Workspace) -> dict[str, Any]:
    if workspace.account:
        return {
            "oidc_endpoint": f"{workspace.url}/oidc/accounts/{ACCOUNT}",
            "account_id": ACCOUNT,
            "host_type": "account",
        }
    return {"oidc_endpoint": f"{workspace.url}/oidc", "workspace_id": WORKSPACE, "host_type": "workspace"}


@contextmanager
def serving(account: bool = False) -> Iterator[Workspace]:
    """A workspace (or account) on a port of the system's choice."""
    workspace = Workspace(account=account)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            path, _, query = self.path.partition("?")
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            if path == "/.well-known/databricks-config":
                status, answer = 200, _discovery(workspace)
            else:
                form = "urlencoded" in (self.headers.get("Content-Type") or "")
                body = raw if raw.startswith("--") else json.loads(raw) if raw and not form else None
                status, answer = workspace.answer(self.command, path, query, body)
            payload = (
                b"" if answer is None else json.dumps(answer).replace("http://host", workspace.url).encode()
            )
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    workspace.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield workspace
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
