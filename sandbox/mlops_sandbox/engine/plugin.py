"""A Pulumi package written in Python (`PulumiPlugin.yaml`), run for the engine by its language host."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO, Any

from pulumi.runtime.proto import language_pb2

_running: set[subprocess.Popen[bytes]] = set()


def run(request: Any, context: Any) -> Iterator[Any]:
    """Run the package's folder as a program.

    Args:
        request: the engine's `RunPluginRequest`.
        context: of the call; when it ends, the program does.

    Yields:
        What the program prints, line by line, and at last its exit code.
    """
    process = subprocess.Popen(
        [sys.executable, "-u", request.info.program_directory, *request.args],
        cwd=request.pwd or None,
        env={**os.environ, **dict(pair.split("=", 1) for pair in request.env)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    _running.add(process)
    context.add_callback(process.kill)
    lines: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    readers = [
        threading.Thread(target=_read, args=(name, stream, lines), daemon=True)
        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr))
    ]
    for reader in readers:
        reader.start()
    for _ in readers:
        while (told := lines.get())[1]:
            yield _answer(*told)
    code = process.wait()
    _running.discard(process)
    yield language_pb2.RunPluginResponse(exitcode=code)


def end_all() -> None:
    """End what still runs: the host ends, and nobody is left to talk to."""
    for process in list(_running):
        process.kill()


def _answer(name: str, line: bytes) -> Any:
    if name == "stdout":
        return language_pb2.RunPluginResponse(stdout=line)
    return language_pb2.RunPluginResponse(stderr=line)


def _read(name: str, stream: IO[bytes] | None, lines: queue.SimpleQueue[tuple[str, bytes]]) -> None:
    """Pass a stream's lines on; an empty one is its end."""
    assert stream is not None
    for line in stream:
        lines.put((name, line))
    lines.put((name, b""))
