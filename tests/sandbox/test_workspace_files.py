"""Workspace files, asked through the vendor's SDK: what is imported is a real file in the sandbox's tree."""

from __future__ import annotations

import base64

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, ResourceAlreadyExists
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language, ObjectType
from running import RunningSandbox

NOTEBOOK = b"# Databricks notebook source\nprint(1)\n"


@pytest.fixture
def folder(client: WorkspaceClient, request: pytest.FixtureRequest) -> str:
    path = f"/Shared/{request.node.name.replace('[', '-').replace(']', '')}"
    client.workspace.mkdirs(path)
    return path


def test_files_survive_byte_for_byte(sandbox: RunningSandbox, client: WorkspaceClient, folder: str) -> None:
    content = bytes(range(256)) + b"\r\n--\n\r" * 3
    client.workspace.upload(f"{folder}/raw.bin", content, format=ImportFormat.RAW)
    assert client.workspace.download(f"{folder}/raw.bin").read() == content
    assert (sandbox.home.path / "files" / folder[1:] / "raw.bin").read_bytes() == content
    status = client.workspace.get_status(f"/Workspace{folder}/raw.bin")
    assert (status.object_type, status.size, status.path) == (
        ObjectType.FILE,
        len(content),
        f"{folder}/raw.bin",
    )


def test_auto_takes_marked_source_for_a_notebook_without_extension(
    client: WorkspaceClient, folder: str
) -> None:
    client.workspace.upload(f"{folder}/train.py", NOTEBOOK, format=ImportFormat.AUTO)
    client.workspace.upload(f"{folder}/module.py", b"x = 1\n", format=ImportFormat.AUTO)
    found = {each.path: each.object_type for each in client.workspace.list(folder)}
    assert found == {f"{folder}/module.py": ObjectType.FILE, f"{folder}/train": ObjectType.NOTEBOOK}
    assert client.workspace.get_status(f"{folder}/train").language == Language.PYTHON


def test_overwriting_keeps_identity_and_type(client: WorkspaceClient, folder: str) -> None:
    path = f"{folder}/nb"
    source = base64.b64encode(b"select 1").decode()
    client.workspace.import_(path, content=source, format=ImportFormat.SOURCE, language=Language.SQL)
    before = client.workspace.get_status(path).object_id
    with pytest.raises(ResourceAlreadyExists):
        client.workspace.import_(path, content=source, format=ImportFormat.SOURCE, language=Language.SQL)
    with pytest.raises(DatabricksError, match="type mismatch"):
        client.workspace.upload(path, b"", format=ImportFormat.RAW, overwrite=True)
    client.workspace.upload(
        path, b"select 2", format=ImportFormat.SOURCE, language=Language.SQL, overwrite=True
    )
    assert client.workspace.get_status(path).object_id == before
    exported = client.workspace.export(path, format=ExportFormat.SOURCE).content
    assert exported is not None
    assert base64.b64decode(exported) == b"-- Databricks notebook source\nselect 2"


def test_missing_parent_is_named_as_the_provider_expects(client: WorkspaceClient) -> None:
    with pytest.raises(NotFound, match=r"The parent folder \(/Shared/nowhere\) does not exist\."):
        client.workspace.upload("/Shared/nowhere/a.py", b"", format=ImportFormat.RAW)
    with pytest.raises(NotFound, match=r"Path \(/Shared/nowhere\) doesn't exist\."):
        client.workspace.get_status("/Shared/nowhere")


def test_folders_go_with_everything_in_them_or_not_at_all(
    sandbox: RunningSandbox, client: WorkspaceClient, folder: str
) -> None:
    client.workspace.mkdirs(f"{folder}/a/b")
    client.workspace.upload(f"{folder}/a/b/m.py", b"", format=ImportFormat.RAW)
    file_id = client.workspace.get_status(f"{folder}/a/b/m.py").object_id
    with pytest.raises(BadRequest, match="not empty"):
        client.workspace.delete(f"{folder}/a")
    client.workspace.delete(f"{folder}/a", recursive=True)
    assert list(client.workspace.list(folder)) == []
    assert not (sandbox.home.path / "files" / folder[1:] / "a").exists()
    with pytest.raises(NotFound):
        client.workspace.get_permissions("files", str(file_id))
    with pytest.raises(DatabricksError, match="protected"):
        client.workspace.delete("/Shared", recursive=True)


@pytest.mark.parametrize("path", ["/Shared/../../token", "/Workspace/../x", "Shared/x", "/Shared/./x", ""])
def test_paths_that_climb_out_are_refused(sandbox: RunningSandbox, path: str) -> None:
    for call, body in (
        ("import", {"path": path, "content": "", "language": "PYTHON", "overwrite": True}),
        ("mkdirs", {"path": path}),
        ("delete", {"path": path, "recursive": True}),
    ):
        answer = httpx.post(
            f"{sandbox.url}/api/2.0/workspace/{call}",
            json=body,
            headers={"Authorization": f"Bearer {sandbox.token}"},
        )
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_links_that_lead_out_are_refused(
    sandbox: RunningSandbox, client: WorkspaceClient, folder: str
) -> None:
    real = sandbox.home.path / "files" / folder[1:]
    (real / "out").symlink_to(sandbox.home.path)
    client.workspace.mkdirs(folder)
    with pytest.raises(DatabricksError, match="leads out"):
        client.workspace.mkdirs(f"{folder}/out/inside")
