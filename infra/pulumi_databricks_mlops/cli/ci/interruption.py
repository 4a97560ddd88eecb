"""What a pipeline's cancellation does to this command and to what it has started."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pulumi_databricks_mlops.cli.errors import CliError

_ENDING = (signal.SIGINT, signal.SIGTERM)


class CancelledError(CliError):
    """The run was told to end, and did so in order."""


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _ENDING}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


@contextmanager
def forwarded_to(process: subprocess.Popen[Any]) -> Iterator[list[int]]:
    """What ends this command interrupts the process once, so that it stops in order; yields what came."""
    received: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        if not received:
            print("mlops ci: told to end, stopping in order", file=sys.stderr, flush=True)
            process.send_signal(signal.SIGINT)
        received.append(number)

    with _handled(forward):
        yield received


@contextmanager
def raising() -> Iterator[None]:
    """What ends this command raises CancelledError where it is."""

    def cancel(_number: int, _frame: FrameType | None) -> None:
        raise CancelledError("cancelled")

    with _handled(cancel):
        yield


@contextmanager
def ignored() -> Iterator[list[int]]:
    """What ends this command is only noted: it is at its end already. Yields nothing that counts."""

    def note(_number: int, _frame: FrameType | None) -> None:
        print("mlops ci: cleaning up, this ends in a moment", file=sys.stderr, flush=True)

    with _handled(note):
        yield []
