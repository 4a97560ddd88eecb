"""Wait for everything that the program declared, in time that grows with it and not with its square.

The SDK waits for the first of all pending outputs, again and again, and looks at each every time: seconds
for 500 resources, minutes for 5,000. Whatever is done before the program ends, it has no more to wait for.
"""

from __future__ import annotations

import asyncio


async def settled() -> None:
    """Return when no task is left but the caller's; what failed is raised by the SDK afterwards."""
    ours = asyncio.current_task()
    while pending := [task for task in asyncio.all_tasks() if task is not ours]:
        await asyncio.wait(pending)
