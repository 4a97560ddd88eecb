"""The sandbox's process: binds the port, starts the subsystems, answers until it is told to stop."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import uvicorn

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.account.access_tokens import speaks_for
from mlops_sandbox.databricks.ip_access_lists import check_address
from mlops_sandbox.home import Address, Home
from mlops_sandbox.processes import Processes, started_at
from mlops_sandbox.registry import DIALECTS, all_routes, make_subsystems
from mlops_sandbox.server.app import build_app
from mlops_sandbox.server.doors import Doors
from mlops_sandbox.store import Database
from mlops_sandbox.workspaces import bind, port_of

_log = logging.getLogger(__name__)
#: How often, in seconds, the folder is looked at.
_LOOK_SECONDS = 1.0


def open_sandbox(home: Home, port: int) -> Sandbox:
    """A sandbox over its folder, with its subsystems made but not started."""
    home.prepare()
    home.runtime.mkdir(mode=0o700, exist_ok=True)
    processes = Processes(home.path / "processes")
    processes.end_leftovers()
    sandbox = Sandbox(
        home=home.plain(),
        runtime=home.runtime,
        url=f"http://127.0.0.1:{port}",
        token=home.token(),
        database=Database(home.state),
        cipher=home.cipher(),
        processes=processes,
    )
    sandbox.workspaces.listen_again()
    sandbox.subsystems = make_subsystems(sandbox)
    return sandbox


def close_sandbox(sandbox: Sandbox) -> None:
    """Stop the subsystems, the last one first, and close the state."""
    for subsystem in reversed(sandbox.subsystems.values()):
        subsystem.stop()
    sandbox.workspaces.close_all()
    sandbox.processes.end_leftovers()
    sandbox.database.close()
    shutil.rmtree(sandbox.runtime, ignore_errors=True)


def _end_with_folder(home: Home) -> None:
    """End this process when its folder is deleted: it holds port and memory, and nobody can find it again."""
    while (known := home.address()) is not None and known.pid == os.getpid():
        time.sleep(_LOOK_SECONDS)
    _log.warning("%s is gone, and with it this sandbox", home.path)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run a sandbox in the foreground: `python -m mlops_sandbox.serve --home DIR --port N`."""
    parser = argparse.ArgumentParser(prog="mlops sandbox serve", description=main.__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    home = Home(options.home)
    try:
        listener = bind(options.port)
    except OSError as error:
        print(f"mlops sandbox: port {options.port} can't be had: {error.strerror}", file=sys.stderr)
        return 98 if error.errno == errno.EADDRINUSE else 97
    port = port_of(listener)
    sandbox = open_sandbox(home, port)
    for subsystem in sandbox.subsystems.values():
        subsystem.start()
    config = uvicorn.Config(
        build_app(sandbox, all_routes(), DIALECTS, speaks_for, check_address),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        # Longer than clients keep a connection: one that closes as the next request comes fails that request.
        timeout_keep_alive=120,
    )
    try:
        # uvicorn raises the signal again when it has shut down: this way out, the subsystems are stopped too.
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda _sign, _frame: sys.exit(0))
        home.announce(Address(sandbox.url, port, os.getpid(), started_at(os.getpid()) or ""))
        threading.Thread(target=_end_with_folder, args=(home,), daemon=True).start()
        Doors(config, sandbox.workspaces).run(sockets=[listener])
    finally:
        close_sandbox(sandbox)
    return 0


if __name__ == "__main__":
    sys.exit(main())
