"""Serve stand-in providers: `python -m mlops_sandbox.providers.serve databricks github`.

The first line on stdout names their ports, `databricks:4001,github:4002`, as the engine wants to hear it. It
serves until it gets SIGTERM or SIGINT, or its stdin closes.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import FrameType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from mlops_sandbox.providers.bridge.plugin import Plugin
from mlops_sandbox.providers.bridge.service import ProviderService

#: Every stand-in; each is a package here with a function `plugin()`.
NAMES = ("databricks", "github", "azuredevops")
_THREADS = 64
_LARGEST = 400 << 20


def load(name: str) -> Plugin:
    """The stand-in of that name."""
    module = import_module(f"mlops_sandbox.providers.{name}")
    plugin: Plugin = module.plugin()
    return plugin


def start(plugin: Plugin) -> tuple[grpc.Server, int]:
    """Serve in background threads; returns the server and its port on loopback."""
    options = [("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", _LARGEST)]
    server = grpc.server(ThreadPoolExecutor(_THREADS, thread_name_prefix=plugin.name), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderService(plugin), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _when_stdin_closes(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()


def main() -> int:
    """Serve all of them until told to stop; one process, because each Python takes its time to start."""
    parser = argparse.ArgumentParser(prog="python -m mlops_sandbox.providers.serve", description=__doc__)
    parser.add_argument("providers", choices=NAMES, nargs="+")
    options = parser.parse_args()
    # What matters reaches the user through the engine; the SDK's warnings would stand between its lines.
    for name in ("databricks.sdk", "httpx"):
        logging.getLogger(name).setLevel(logging.ERROR)
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    serving = {name: start(load(name)) for name in options.providers}
    print(",".join(f"{name}:{port}" for name, (_, port) in serving.items()), flush=True)
    threading.Thread(target=_when_stdin_closes, args=(ended,), daemon=True).start()
    ended.wait()
    for stopped in [server.stop(grace=2.0) for server, _ in serving.values()]:
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
