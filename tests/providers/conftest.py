"""The stand-in as the engine meets it: over gRPC."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from mlops_sandbox.providers.serve import load, start


@pytest.fixture(scope="session")
def databricks_provider() -> Iterator[grpc.Channel]:
    """A channel to a served Databricks stand-in."""
    server, port = start(load("databricks"))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(grace=None).wait()
