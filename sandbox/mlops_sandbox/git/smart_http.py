"""Git's smart HTTP protocol: clone, fetch and push, through the real `git http-backend`."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mlops_sandbox.git.repository import GitRepository, clean_environment

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


@dataclass(frozen=True)
class Pushed:
    """One reference of a push; deleting it is `new` of zeros."""

    reference: str
    old: str
    new: str

    @property
    def deletes(self) -> bool:
        """Whether the reference goes away."""
        return not self.new.strip("0")


def _hooks(folder: Path) -> Path:
    """The folder of our hook, beside the repositories."""
    hook = folder / "hooks" / "update"
    if not hook.exists():
        hook.parent.mkdir(parents=True, exist_ok=True)
        draft = hook.with_name(f"update.{os.getpid()}")
        draft.write_text(_UPDATE_HOOK)
        draft.chmod(0o700)
        draft.replace(hook)
    return hook.parent


def pushed_references(body: IO[bytes]) -> list[Pushed]:
    """What a push asks for: the packet lines in front of its pack. The body is read from its start."""
    body.seek(0)
    found = []
    while (head := body.read(4)) not in (b"", b"0000"):
        line = body.read(int(head, 16) - 4).split(b"\0")[0].decode("utf-8", "replace").strip()
        parts = line.split(" ", 2)
        if len(parts) == 3 and len(parts[0]) == len(parts[1]) >= 40:
            found.append(Pushed(parts[2], parts[0], parts[1]))
    body.seek(0)
    return found


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


def _stream(backend: subprocess.Popen[bytes], done: Callable[[], None]) -> Iterator[bytes]:
    assert backend.stdout is not None
    try:
        while chunk := backend.stdout.read(_CHUNK):
            yield chunk
        backend.wait()
    finally:
        # A client that goes away leaves the backend in the middle of its answer.
        if backend.poll() is None:
            backend.kill()
            backend.wait()
        backend.stdout.close()
        done()


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
        pushed: called after a push, before its answer is complete.
    """
    if service not in _SERVICES:
        return Response("Not Found", status_code=404)
    # The backend reads a whole request before it answers; large pushes wait on disk, not in memory.
    body = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        body.write(chunk)
    body.seek(0)
    env = _environment(request, repository, service, user, length)

    def begin() -> Response:
        with body:
            if service == "git-receive-pack" and request.method == "POST":
                asked = pushed_references(body)
                env.update(_restrictions(repository, check(asked)))
            body.rollover()
            backend = subprocess.Popen(
                ["git", "http-backend"],
                stdin=body,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=env,
            )
        assert backend.stdout is not None
        status, headers = _headers(backend.stdout)
        notify = pushed if service == "git-receive-pack" else lambda: None
        return StreamingResponse(_stream(backend, notify), status_code=status, headers=headers)

    return await run_in_threadpool(begin)
