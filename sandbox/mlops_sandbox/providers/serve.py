"""Serve a stand-in provider: `python -m mlops_sandbox.providers.serve databricks`.

The first line on stdout is the port. It serves until it gets SIGTERM or SIGINT, or its stdin closes.
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
NAMES = ("databricks",)
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
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m mlops_sandbox.providers.serve", description=__doc__)
    parser.add_argument("provider", choices=NAMES)
    options = parser.parse_args()
    # What matters reaches the user through the engine; the SDK's warnings would stand between its lines.
    logging.getLogger("databricks.sdk").setLevel(logging.ERROR)
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server, port = start(load(options.provider))
    print(port, flush=True)
    threading.Thread(target=_when_stdin_closes, args=(ended,), daemon=True).start()
    ended.wait()
    server.stop(grace=2.0).wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
