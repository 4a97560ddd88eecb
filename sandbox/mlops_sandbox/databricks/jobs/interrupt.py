"""Ending what is under way: cancellation, timeouts and the sandbox's own stop, from the outside in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Why something is interrupted; the first two are results of runs.
CANCELED = "CANCELED"
TIMEDOUT = "TIMEDOUT"
STOPPED = "STOPPED"


class Interrupt:
    """Tells everything inside a run, or inside one attempt of a task, to end."""

    def __init__(self) -> None:
        self._reason = ""
        self._set = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def reason(self) -> str:
        """Empty while nothing is interrupted."""
        return self._reason

    def interrupt(self, reason: str) -> None:
        """End everything inside; the first reason stays."""
        with self._lock:
            if self._reason:
                return
            self._reason = reason
            callbacks = list(self._callbacks)
        self._set.set()
        for callback in callbacks:
            callback()

    def wait(self, seconds: float) -> bool:
        """Wait that long; True when interrupted meanwhile."""
        return self._set.wait(seconds)

    @contextmanager
    def on(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call back when interrupted inside of the block; at once when that has happened already."""
        with self._lock:
            self._callbacks.append(callback)
            already = bool(self._reason)
        if already:
            callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)

    @contextmanager
    def within(self, seconds: float) -> Iterator[Interrupt]:
        """A narrower interrupt that ends with this one, or by itself after some seconds (0: never)."""
        inner = Interrupt()
        timer = threading.Timer(seconds, inner.interrupt, [TIMEDOUT]) if seconds else None
        with self.on(lambda: inner.interrupt(self._reason)):
            if timer is not None:
                timer.daemon = True
                timer.start()
            try:
                yield inner
            finally:
                if timer is not None:
                    timer.cancel()


class Slots:
    """A limit of how many task processes run at once; the others wait for their turn."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, interrupt: Interrupt) -> Iterator[None]:
        """Wait for a slot and hold it; the block also begins, without one, when interrupted."""
        held = False
        with interrupt.on(self._wake), self._changed:
            self._changed.wait_for(lambda: self._free > 0 or interrupt.reason)
            if not interrupt.reason:
                self._free -= 1
                held = True
        try:
            yield
        finally:
            if held:
                with self._changed:
                    self._free += 1
                    self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
