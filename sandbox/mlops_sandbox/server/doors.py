"""One server, many ports: every workspace has a door of its own to the same application."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from mlops_sandbox.workspaces import Workspaces


class _Door(uvicorn.Server):
    """The server of one more port, on the event loop of the first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the first server's."""
        yield


class Doors(uvicorn.Server):
    """Serves the sandbox's own port, and those of its workspaces as they open and close."""

    def __init__(self, config: uvicorn.Config, workspaces: Workspaces) -> None:
        super().__init__(config)
        self._workspaces = workspaces
        self._doors: dict[str, tuple[_Door, asyncio.Task[None]]] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve the first port, then the workspaces'."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()

        def serve(workspace: str, listener: socket.socket) -> None:
            loop.call_soon_threadsafe(self._open, workspace, listener)

        def close(workspace: str) -> None:
            loop.call_soon_threadsafe(self._shut, workspace)

        self._workspaces.serve_with(serve, close)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close every port."""
        for workspace in list(self._doors):
            self._shut(workspace)
        await super().shutdown(sockets)

    def _open(self, workspace: str, listener: socket.socket) -> None:
        config = uvicorn.Config(
            self.config.app,
            lifespan="off",
            log_level=self.config.log_level,
            access_log=False,
            timeout_graceful_shutdown=self.config.timeout_graceful_shutdown,
            timeout_keep_alive=self.config.timeout_keep_alive,
        )
        door = _Door(config)
        # A socket of the door's own: whoever opened it may close the other one at any time.
        task = asyncio.get_running_loop().create_task(door.serve([listener.dup()]))
        self._doors[workspace] = door, task

    def _shut(self, workspace: str) -> None:
        known = self._doors.pop(workspace, None)
        if known is not None:
            known[0].should_exit = True
