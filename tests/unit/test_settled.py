"""The program's end: everything declared is waited for once."""

from __future__ import annotations

import asyncio

from pulumi.runtime.settings import SETTINGS
from settled import settled


def test_all_tasks_are_done_those_that_tasks_started_and_those_that_failed_too() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        if number:
            later.add(asyncio.ensure_future(work(number - 1)))
        done.append(number)
        if number == 2:
            raise ValueError("the SDK raises it, not the wait")

    later = SETTINGS.outputs
    later.clear()

    async def program() -> None:
        server = asyncio.ensure_future(asyncio.sleep(3600))
        later.update(asyncio.ensure_future(work(3)) for _ in range(50))
        await settled()
        server.cancel()
        assert all(task.done() for task in later)
        assert sum(task.exception() is not None for task in later) == 50

    asyncio.run(program())
    later.clear()
    assert sorted(done) == sorted([0, 1, 2, 3] * 50)
