"""What a platform answers to a job's own token: identity tokens, and its REST API by permission."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

from mlops_sandbox.issuer import Issuer

#: Before what _NEEDS names: a GitHub repository, an Azure DevOps one.
_REPOSITORY = re.compile(r"^/api/v3/repos/[^/]+/[^/]+|^/azuredevops/[^/]+/[^/]+/_apis/git/repositories/[^/]+")
_IDENTITY = re.compile(r"^/oidc$|/_apis/distributedtask/hubs/[^/]+/plans/[^/]+/jobs/[^/]+/oidctoken$")
#: What a job's token needs for a call: method, path after the repository, and any of these permissions.
_NEEDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("GET", r"/pullRequests", ("code: read",)),
    ("GET", r"/pullRequests/\d+/threads", ("code: read",)),
    ("POST", r"/pullRequests/\d+/threads", ("pull-requests: write",)),
    ("PATCH", r"/pullRequests/\d+/threads/\d+(/comments/\d+)?", ("pull-requests: write",)),
    ("GET", r"/issues/\d+/comments", ("issues: read", "pull-requests: read")),
    ("POST", r"/issues/\d+/comments", ("issues: write", "pull-requests: write")),
    ("PATCH", r"/issues/comments/\d+", ("issues: write", "pull-requests: write")),
    ("GET", r"/issues", ("issues: read",)),
    ("POST", r"/issues", ("issues: write",)),
    ("PATCH", r"/issues/\d+", ("issues: write",)),
    ("GET", r"/pulls", ("pull-requests: read",)),
)


@dataclass
class JobIdentity:
    """Who a job is."""

    claims: dict[str, Any] | None
    """Of its identity tokens; None for a job that gets none."""
    issuer: Issuer
    permissions: Mapping[str, str]
    expired: bool = False
    """Its identity tokens are over before it uses them."""

    def may(self, wanted: str) -> bool:
        name, _, level = wanted.partition(": ")
        return self.permissions.get(name) in (("read", "write") if level == "read" else ("write",))


class Service:
    """Answers jobs on a port of its own."""

    def __init__(self, api: str, token: str, prefix: str = "/api/v3") -> None:
        self.api, self._token, self._prefix = api, token, prefix
        self.jobs: dict[str, JobIdentity] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                return

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status, body = service.answer(
                    self.command, self.path, self.headers.get("Authorization", ""), self.rfile.read(length)
                )
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                # A job that was cancelled does not wait for its answer.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(raw)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextmanager
    def job(self, identity: JobIdentity) -> Iterator[str]:
        """A token that is good while the job runs."""
        token = f"ghs_{secrets.token_hex(18)}"
        self.jobs[token] = identity
        try:
            yield token
        finally:
            del self.jobs[token]

    def answer(self, method: str, path: str, authorization: str, body: bytes) -> tuple[int, Any]:
        job = self.jobs.get(authorization.partition(" ")[2])
        if job is None:
            return 401, {"message": "Bad credentials"}
        split = urlsplit(path)
        if _IDENTITY.search(split.path):
            return self._identity_token(job, parse_qs(split.query).get("audience", [""])[0])
        inside = _REPOSITORY.sub("", split.path)
        for verb, pattern, any_of in _NEEDS:
            if verb == method and re.fullmatch(pattern, inside):
                if any(job.may(each) for each in any_of):
                    return self._forward(method, path, body)
                return 403, {
                    "message": f"Resource not accessible by integration: needs {' or '.join(any_of)}"
                }
        return 403, {"message": f"Resource not accessible by integration: {method} {inside}"}

    def _identity_token(self, job: JobIdentity, audience: str) -> tuple[int, Any]:
        if job.claims is None:
            return 403, {"message": "The job has no permission `id-token: write`"}
        claims = {"aud": audience, **job.claims}
        token = job.issuer.mint(claims, -1) if job.expired else job.issuer.mint(claims)
        # GitHub answers with one of them, Azure DevOps with the other.
        return 200, {"value": token, "oidcToken": token}

    def _forward(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        request = Request(f"{self.api}{path.removeprefix(self._prefix)}", body or None, method=method)
        request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("Content-Type", "application/json")
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except HTTPError as error:
            return error.code, json.loads(error.read() or b"null")
