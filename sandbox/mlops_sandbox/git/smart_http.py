"""Git's smart HTTP protocol: clone, fetch and push, through the real `git http-backend`."""

from __future__ import annotations

import logging
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mlops_sandbox.git.packets import FLUSH, Push, Pushed, message, read_push
from mlops_sandbox.git.repository import GitRepository, clean_environment

_log = logging.getLogger(__name__)
_SERVICES = ("info/refs", "git-upload-pack", "git-receive-pack", "HEAD")
_CHUNK = 1 << 16
#: Git runs it for each reference of a push: its name, old and new commit. The reasons to refuse come
#: from the environment, a line each: reference, "always" or "forced" (only if commits would be lost), text.
_UPDATE_HOOK = """#!/bin/sh
tab=$(printf '\\t')
printf '%s\\n' "$SANDBOX_REFUSALS" | while IFS="$tab" read -r name when text; do
  if [ "$name" = "$1" ]; then
    if [ "$when" = always ] || ! git merge-base --is-ancestor "$2" "$3"; then
      echo "$text" >&2
      exit 1
    fi
  fi
done
"""


@dataclass(frozen=True)
class Refusal:
    """Why a pushed reference may not change."""

    reference: str
    text: str
    forced_only: bool = False
    """Refuses only what loses commits."""


def _hooks(folder: Path) -> Path:
    """The folder of our hook, beside the repositories."""
    hook = folder / "hooks" / "update"
    if not hook.exists() or hook.read_text() != _UPDATE_HOOK:
        hook.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own for each push: two may be the first.
        draft = hook.with_name(f"update.{uuid4().hex}")
        draft.write_text(_UPDATE_HOOK)
        draft.chmod(0o700)
        draft.replace(hook)
    return hook.parent


def _environment(
    request: Request, repository: GitRepository, service: str, user: str, length: int
) -> dict[str, str]:
    sent = request.headers
    return {
        **clean_environment(),
        "GIT_PROJECT_ROOT": str(repository.path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.path.name}/{service}",
        # A named user is what makes the backend accept pushes.
        "REMOTE_USER": user,
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": sent.get("content-type", ""),
        "CONTENT_LENGTH": str(length),
        "HTTP_CONTENT_ENCODING": sent.get("content-encoding", ""),
        "GIT_PROTOCOL": sent.get("git-protocol", ""),
        "GIT_COMMITTER_NAME": user,
        "GIT_COMMITTER_EMAIL": user if "@" in user else f"{user}@users.noreply.localhost",
    }


def _headers(output: IO[bytes]) -> tuple[int, dict[str, str]]:
    status, headers = 200, {}
    while line := output.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    return status, headers


@dataclass
class Backend:
    """A running `git http-backend`."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    @classmethod
    def start(cls, body: IO[bytes], env: dict[str, str]) -> Backend:
        """Run it over a request's body, a real file that may be closed at once."""
        # The two share the file's position: what was read ahead here is given back before, or else when the
        # body is closed, while the backend reads.
        body.seek(0)
        body.flush()
        errors = tempfile.TemporaryFile()  # noqa: SIM115
        process = subprocess.Popen(
            ["git", "http-backend"], stdin=body, stdout=subprocess.PIPE, stderr=errors, env=env
        )
        return cls(process, errors)

    @property
    def output(self) -> IO[bytes]:
        """Its headers and its answer."""
        assert self.process.stdout is not None
        return self.process.stdout

    def failure(self) -> str:
        """Why it failed, in its own words, once it has answered; empty when it did not."""
        if not self.process.wait():
            return ""
        self.errors.seek(0)
        told = self.errors.read().decode("utf-8", "replace").strip()
        return told or f"git http-backend ended with {self.process.returncode}"

    def close(self) -> None:
        """A client that goes away leaves it in the middle of its answer."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.output.close()
        self.errors.close()


def _stream(backend: Backend) -> Iterator[bytes]:
    """The answer to whoever reads, as it comes."""
    try:
        while chunk := backend.output.read(_CHUNK):
            yield chunk
        if failure := backend.failure():
            _log.warning("git http-backend: %s", failure)
    finally:
        backend.close()


def _answer_to_push(backend: Backend, push: Push, done: Callable[[], None]) -> tuple[bytes, str]:
    """The whole answer to a push, which is short, once the push was followed up; and what failed."""
    try:
        answer = backend.output.read()
        failure = backend.failure()
    finally:
        backend.close()
    if not failure and push.references:
        try:
            done()
        except Exception as error:  # noqa: BLE001 - whatever it was, the push is done and its sender is told
            _log.exception("A push was not followed up")
            return answer, f"The sandbox failed after this push: {type(error).__name__}: {error}"
    if failure:
        _log.error("A push failed: %s", failure)
    return answer, failure


def _restrictions(repository: GitRepository, refusals: list[Refusal]) -> dict[str, str]:
    lines = [f"{r.reference}\t{'forced' if r.forced_only else 'always'}\t{r.text}" for r in refusals]
    return {
        "SANDBOX_REFUSALS": "\n".join(lines),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": str(_hooks(repository.path.parent)),
    }


async def serve(
    request: Request,
    repository: GitRepository,
    service: str,
    user: str,
    check: Callable[[list[Pushed]], list[Refusal]],
    pushed: Callable[[], None],
) -> Response:
    """Answer one request of the protocol.

    Args:
        request: the request, its body unread.
        repository: whose it is.
        service: `info/refs`, `git-upload-pack`, `git-receive-pack` or `HEAD`.
        user: who pushes.
        check: given what a push asks for, says what of it is refused.
        pushed: called after a push, before it is answered; what it raises is logged and told to who pushes.
    """
    if service not in _SERVICES:
        return Response("Not Found", status_code=404)
    # The backend reads a whole request before it answers; large pushes wait on disk, not in memory.
    body = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        body.write(chunk)
    env = _environment(request, repository, service, user, length)

    def begin() -> Response:
        with body:
            body.rollover()
            pushes = service == "git-receive-pack" and request.method == "POST"
            push = read_push(body) if pushes else None
            if push is not None:
                env.update(_restrictions(repository, check(push.references)))
            backend = Backend.start(body, env)
        status, headers = _headers(backend.output)
        if push is None:
            return StreamingResponse(_stream(backend), status_code=status, headers=headers)
        content, failure = _answer_to_push(backend, push, pushed)
        if not failure:
            return Response(content, status_code=status, headers=headers)
        if not push.hears:
            return Response(failure, status_code=500)
        content = content.removesuffix(FLUSH) + message(failure) + FLUSH
        return Response(content, status_code=status, headers=headers)

    return await run_in_threadpool(begin)
