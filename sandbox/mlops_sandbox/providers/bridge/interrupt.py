"""Ctrl-C while a server has not answered yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from mlops_sandbox.providers.bridge.errors import InterruptedByUserError

A = TypeVar("A")

_LOOK_SECONDS = 0.2
#: What is nearly done when the user gives up is better finished than left in doubt.
_GRACE_SECONDS = 2.0


def unless_cancelled(work: Callable[[], A], cancelled: threading.Event) -> A:
    """Its result; what is still going on a moment after the user gave up is left to itself.

    Raises:
        InterruptedByUserError: it was left, and may be done all the same.
    """
    result: Future[A] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            result.set_exception(error)

    # A daemon: a call that hangs must not keep the process.
    threading.Thread(target=run, daemon=True).start()
    while not result.done() and not cancelled.is_set():
        wait([result], timeout=_LOOK_SECONDS)
    try:
        return result.result(timeout=_GRACE_SECONDS if cancelled.is_set() else None)
    except TimeoutError:
        if result.done():
            raise
    raise InterruptedByUserError("cancelled before there was an answer; it may have been done all the same")
