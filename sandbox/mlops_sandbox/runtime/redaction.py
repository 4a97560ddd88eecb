"""Secret values never reach a task's log: what was read from a secret scope is printed as [REDACTED]."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, TextIO

MARK = "[REDACTED]"
_secrets: set[str] = set()


def remember(value: str) -> None:
    """Hide this value, and each of its lines when it has several, from now on."""
    _secrets.update(part for part in (value, *value.splitlines()) if part.strip())


def redact(text: str) -> str:
    """The text without any secret value."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MARK)
    return text


class RedactedStream:
    """A text stream that hides secrets; it holds back an unfinished line, where half a secret may stand."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._pending = ""
        self._lock = threading.RLock()

    def write(self, text: str) -> int:
        """Write whole lines, keep the rest."""
        with self._lock:
            lines, newline, rest = (self._pending + text).rpartition("\n")
            if newline:
                self._stream.write(redact(lines + newline))
                self._stream.flush()
            self._pending = rest
        return len(text)

    def flush(self) -> None:
        """Push on what is whole: an unfinished line stays until it ends or the task does."""
        with self._lock:
            self._stream.flush()

    def finish(self) -> None:
        """Write everything."""
        with self._lock:
            self._stream.write(redact(self._pending))
            self._pending = ""
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def install() -> None:
    """Put the streams of this process behind redaction, which knows the process's own token."""
    remember(os.environ.get("DATABRICKS_TOKEN", ""))
    sys.stdout = RedactedStream(sys.__stdout__ or sys.stdout)
    sys.stderr = RedactedStream(sys.__stderr__ or sys.stderr)


def finish() -> None:
    """Write what the streams still hold."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, RedactedStream):
            stream.finish()
