"""Ending what is under way, and the limit of what runs at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from mlops_sandbox.databricks.jobs.interrupt import CANCELED, TIMEDOUT, Interrupt, Slots


def test_no_more_run_at_once_than_there_are_slots() -> None:
    slots, lock = Slots(2), threading.Lock()
    running = most = 0

    def work(_: int) -> None:
        nonlocal running, most
        with slots.taken(Interrupt()):
            with lock:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.002)
            with lock:
                running -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert most == 2


def test_who_waits_for_a_slot_is_freed_by_an_interrupt_and_takes_none() -> None:
    slots, interrupt = Slots(1), Interrupt()
    with ThreadPoolExecutor(1) as pool, slots.taken(Interrupt()):

        def wait() -> str:
            with slots.taken(interrupt):
                return interrupt.reason

        waiting = pool.submit(wait)
        interrupt.interrupt(CANCELED)
        assert waiting.result(timeout=5) == CANCELED
    free = Interrupt()
    with slots.taken(free):
        assert not free.reason


def test_a_narrower_interrupt_ends_with_the_wider_one_and_not_the_other_way() -> None:
    outer = Interrupt()
    with outer.within(0) as inner, outer.within(0.001) as short:
        assert short.wait(5)
        assert (short.reason, inner.reason, outer.reason) == (TIMEDOUT, "", "")
        outer.interrupt(CANCELED)
        assert (inner.reason, short.reason) == (CANCELED, TIMEDOUT)


def test_a_late_listener_is_called_at_once_and_none_after_its_block() -> None:
    interrupt, calls = Interrupt(), []
    with interrupt.on(lambda: calls.append("past")):
        pass
    interrupt.interrupt(CANCELED)
    interrupt.interrupt(TIMEDOUT)
    with interrupt.on(lambda: calls.append(interrupt.reason)):
        assert calls == [CANCELED]
