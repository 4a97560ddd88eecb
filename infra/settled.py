"""Wait for everything that the program declared, in time that grows with it and not with its square.

The SDK waits for the first of all pending outputs, again and again, and looks at each every time: seconds
for 500 resources, minutes for 5,000. Whatever is done before the program ends, it has no more to wait for.
"""

from __future__ import annotations

import asyncio

from pulumi.runtime.settings import SETTINGS


async def settled() -> None:
    """Return when no output is pending; what failed is raised by the SDK afterwards.

    Only outputs: the server of transforms is a task too, and it ends with the program.
    """
    while pending := [task for task in set(SETTINGS.outputs) if not task.done()]:
        await asyncio.wait(pending)
