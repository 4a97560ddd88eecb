"""The workspaces of a sandbox: each listens on a port of its own, the same one after every start."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

from mlops_sandbox.store import Database, Store

_log = logging.getLogger(__name__)

#: The workspace that a sandbox starts with, at the sandbox's own port.
DEFAULT_WORKSPACE = "1000000000000001"
#: Where a sandbox keeps what is about itself, not about one of its workspaces.
_SCOPE, _KIND = "sandbox", "workspace"
#: How many ports after the sandbox's own are tried.
_TRIED = 2000


def account_of(database: Database, workspace: str) -> str | None:
    """The account that made a workspace; None for the sandbox's own, which is in every account."""
    kept = Store(database, _SCOPE).get(_KIND, workspace)
    return str(kept["account"]) if kept else None


def bind(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 lets the system choose."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def port_of(listener: socket.socket) -> int:
    """The port that a listening socket has."""
    return int(listener.getsockname()[1])


class Workspaces:
    """Which workspace is where; a port belongs to its workspace from the moment at which it is bound."""

    def __init__(self, database: Database, port: int) -> None:
        self._store = Store(database, _SCOPE)
        self._own_port = port
        self._lock = threading.Lock()
        self._listeners: dict[str, socket.socket] = {}
        self._serve: Callable[[str, socket.socket], None] = lambda _workspace, _listener: None
        self._close: Callable[[str], None] = lambda _workspace: None

    def all(self) -> list[str]:
        """The ids of all workspaces, the sandbox's own first."""
        return [DEFAULT_WORKSPACE, *(key for key, _ in self._store.items(_KIND))]

    def url(self, workspace: str) -> str:
        """A workspace's address, `http://127.0.0.1:PORT`."""
        kept = self._store.get(_KIND, workspace)
        return f"http://127.0.0.1:{kept['port'] if kept else self._own_port}"

    def at(self, port: int) -> str | None:
        """The workspace that listens on a port."""
        if port == self._own_port:
            return DEFAULT_WORKSPACE
        return next((key for key, kept in self._store.items(_KIND) if kept["port"] == port), None)

    def serve_with(self, serve: Callable[[str, socket.socket], None], close: Callable[[str], None]) -> None:
        """Hand the listening sockets to the server: those of now, and each that is opened later."""
        with self._lock:
            self._serve, self._close = serve, close
            for workspace, listener in self._listeners.items():
                serve(workspace, listener)

    def listen_again(self) -> None:
        """Bind the ports that the workspaces had; one that another program has taken is replaced."""
        with self._store.transaction(), self._lock:
            for workspace, kept in self._store.items(_KIND):
                listener = self._listeners[workspace] = self._bind_from(int(kept["port"]))
                if port_of(listener) != kept["port"]:
                    _log.warning("Workspace %s moves: port %s is taken", workspace, kept["port"])
                    self._store.put(_KIND, workspace, {**kept, "port": port_of(listener)})

    def open(self, workspace: str, account: str) -> None:
        """Give a new workspace its address; it answers from then on."""
        # The state's lock first, everywhere: callers may hold it.
        with self._store.transaction(), self._lock:
            listener = self._listeners[workspace] = self._bind_from(self._own_port + 1)
            self._store.put(_KIND, workspace, {"port": port_of(listener), "account": account})
            self._serve(workspace, listener)

    def close(self, workspace: str) -> None:
        """Take a workspace's address away."""
        with self._store.transaction(), self._lock:
            self._store.delete(_KIND, workspace)
            self._close(workspace)
            listener = self._listeners.pop(workspace, None)
            if listener is not None:
                listener.close()

    def close_all(self) -> None:
        """The sandbox stops: the addresses are kept for its next start."""
        with self._lock:
            for listener in self._listeners.values():
                listener.close()
            self._listeners.clear()

    def _bind_from(self, first: int) -> socket.socket:
        """The first free port from there on. Ports that are bound at once can't be raced for."""
        for port in range(first, min(first + _TRIED, 65536)):
            try:
                return bind(port)
            except OSError:
                continue
        return bind(0)
