"""A disk without room: the call says so and did nothing, and with room again all goes on."""

from __future__ import annotations

import base64
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.workspace import ExportFormat, ImportFormat
from running import RunningSandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits another process through prlimit")
FILE = "/Shared/kept.txt"


@contextmanager
def _no_room(sandbox: RunningSandbox) -> Iterator[None]:
    """No file of the sandbox may grow, as on a full disk."""
    usual = resource.prlimit(sandbox.address.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(sandbox.address.pid, resource.RLIMIT_FSIZE, (0, usual[1]))
    try:
        yield
    finally:
        resource.prlimit(sandbox.address.pid, resource.RLIMIT_FSIZE, usual)


def _write(client: WorkspaceClient, content: bytes) -> None:
    encoded = base64.b64encode(content).decode()
    client.workspace.import_(FILE, content=encoded, format=ImportFormat.RAW, overwrite=True)


def _content(client: WorkspaceClient) -> bytes:
    return base64.b64decode(client.workspace.export(FILE, format=ExportFormat.SOURCE).content or "")


def test_without_room_a_call_says_so_and_leaves_nothing_half_done(new_sandbox: RunningSandbox) -> None:
    client = new_sandbox.workspace()
    client.secrets.create_scope("before")
    _write(client, b"old")
    files = set((new_sandbox.home.path / "files").rglob("*"))
    with _no_room(new_sandbox):
        for refused in (
            lambda: client.secrets.create_scope("during"),
            lambda: client.jobs.create(name="during"),
            lambda: _write(client, b"new" * 10_000),
        ):
            with pytest.raises(
                DatabricksError, match=r"was not done: .*Free some space and try again"
            ) as told:
                refused()
            assert str(new_sandbox.home.path) in str(told.value)
        assert _content(client) == b"old"
    assert set((new_sandbox.home.path / "files").rglob("*")) == files
    assert [scope.name for scope in client.secrets.list_scopes()] == ["before"]
    assert not list(client.jobs.list())
    client.secrets.create_scope("after")
    _write(client, b"new")
    new_sandbox.kill()
    new_sandbox.start_again()
    again = new_sandbox.workspace()
    assert {scope.name for scope in again.secrets.list_scopes()} == {"before", "after"}
    assert _content(again) == b"new"
