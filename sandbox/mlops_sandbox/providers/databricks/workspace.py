"""Folders, notebooks and files of the workspace's tree."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from abc import abstractmethod
from pathlib import Path
from urllib.parse import quote

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import UNKNOWN, Unknown, Values, reveal
from mlops_sandbox.providers.databricks.client import DatabricksApi, is_missing
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_ROOT = "/api/2.0/workspace"
_LANGUAGES = {".py": "PYTHON", ".scala": "SCALA", ".sql": "SQL", ".r": "R"}


def _status(api: DatabricksApi, path: str) -> Values | None:
    found: Values | None = api.find(f"{_ROOT}/get-status", {"path": path})
    return found


def _placed(api: DatabricksApi, path: str) -> Values:
    return {
        "path": path,
        "workspace_path": f"/Workspace{path}",
        "url": f"{api.host}/#workspace{path}",
    }


def _content(fields: Values) -> bytes:
    """The bytes that `contentBase64` or `source` stands for."""
    if fields.get("content_base64") is not None:
        try:
            return base64.b64decode(fields["content_base64"], validate=True)
        except binascii.Error:
            raise ResourceError("contentBase64 is not base64") from None
    try:
        return Path(fields["source"]).read_bytes()
    except OSError as error:
        raise ResourceError(f"source {fields['source']}: {error.strerror}") from None


class Directory(DatabricksType):
    """A folder; its ID is its path."""

    token = "databricks:index/directory:Directory"  # noqa: S105
    local = frozenset({"delete_recursive"})

    def create(self, it: Instance) -> str:
        """Make the folder and those above it."""
        it.api.post(f"{_ROOT}/mkdirs", {"path": it.fields["path"]})
        return str(it.fields["path"])

    def read(self, it: Instance) -> Values | None:
        """The folder's object ID."""
        found = _status(it.api, it.id)
        if found is None:
            return None
        return {
            "path": found["path"],
            "object_id": found.get("object_id"),
            "workspace_path": f"/Workspace{found['path']}",
        }

    def update(self, it: Instance) -> None:
        """Nothing to send: only `deleteRecursive` can change, and it lives in the state."""

    def delete(self, it: Instance) -> None:
        """Remove the folder; what is in it only when `deleteRecursive` says so."""
        body: Values = {"path": it.id}
        if it.state.get("delete_recursive"):
            body["recursive"] = True
        it.api.remove("POST", f"{_ROOT}/delete", body)


class _Content(DatabricksType):
    """Something with content; its MD5 among the inputs makes a changed local file visible."""

    local = frozenset({"content_base64", "source", "md5"})

    def prepare(self, inputs: Values) -> None:
        """Put the content's MD5 among the inputs."""
        plain = {"content_base64": inputs.get("contentBase64"), "source": inputs.get("source")}
        given = reveal({key: value for key, value in plain.items() if value is not None})
        if any(isinstance(value, Unknown) for value in given.values()):
            inputs["md5"] = UNKNOWN
        elif given:
            inputs["md5"] = hashlib.md5(_content(given), usedforsecurity=False).hexdigest()
        else:
            raise ResourceError("contentBase64 or source must be set")

    @abstractmethod
    def upload(self, api: DatabricksApi, fields: Values) -> None:
        """Write the content, over whatever is there."""

    def create(self, it: Instance) -> str:
        """Upload; makes the folder when there is none."""
        path = str(it.fields["path"])
        try:
            self.upload(it.api, it.fields)
        except OSError as error:
            if not is_missing(error):
                raise
            self.make_parent(it.api, path.rsplit("/", 1)[0] or "/")
            self.upload(it.api, it.fields)
        return path

    def make_parent(self, api: DatabricksApi, folder: str) -> None:
        """Make the folder unless it is there."""
        if _status(api, folder) is None:
            api.post(f"{_ROOT}/mkdirs", {"path": folder})

    def update(self, it: Instance) -> None:
        """Upload again."""
        self.upload(it.api, it.fields)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("POST", f"{_ROOT}/delete", {"path": it.id})


class Notebook(_Content):
    """A notebook; its ID is its path."""

    token = "databricks:index/notebook:Notebook"  # noqa: S105

    def upload(self, api: DatabricksApi, fields: Values) -> None:
        """Import the source."""
        body = {
            "content": base64.b64encode(_content(fields)).decode(),
            "path": fields["path"],
            **_format(fields),
            "overwrite": True,
        }
        api.post(f"{_ROOT}/import", body)

    def make_parent(self, api: DatabricksApi, folder: str) -> None:
        """Make the folder; the real plugin asks first who it is."""
        api.get("/api/2.0/preview/scim/v2/Me", {"excludedAttributes": "entitlements"})
        super().make_parent(api, folder)

    def settle(self, it: Instance) -> Values | None:
        """What an upload says: the real plugin does not read a notebook back."""
        return {
            **_placed(it.api, it.id),
            **_format(it.fields),
            "object_type": "NOTEBOOK",
            "object_id": 0,
        }

    def read(self, it: Instance) -> Values | None:
        """Where and what it is; never its content, so edits in the workspace are ignored."""
        it.api.get("/api/2.0/preview/scim/v2/Me", {"excludedAttributes": "entitlements"})
        found = _status(it.api, it.id)
        if found is None:
            return None
        return {
            **_placed(it.api, it.id),
            "language": found.get("language"),
            "format": it.state.get("format", "SOURCE"),
            "object_type": found.get("object_type"),
            "object_id": found.get("object_id"),
        }


def _format(fields: Values) -> Values:
    """The language and format that are given, else those of the source file's suffix."""
    suffix = Path(str(fields.get("source") or "")).suffix.lower()
    found = {"language": fields.get("language") or _LANGUAGES.get(suffix)}
    found["format"] = fields.get("format") or {".ipynb": "JUPYTER", ".dbc": "DBC"}.get(suffix, "SOURCE")
    return {key: value for key, value in found.items() if value}


class WorkspaceFile(_Content):
    """A file that is no notebook; its ID is its path."""

    token = "databricks:index/workspaceFile:WorkspaceFile"  # noqa: S105

    def upload(self, api: DatabricksApi, fields: Values) -> None:
        """Send the bytes as a form."""
        api.call(
            "POST",
            f"{_ROOT}/import",
            files={"content": ("content", _content(fields), "application/octet-stream")},
            data={"path": fields["path"], "format": "RAW", "overwrite": "true"},
        )

    def read(self, it: Instance) -> Values | None:
        """Where it is; never its content, so edits in the workspace are ignored."""
        found = _status(it.api, it.id)
        return found and {**_placed(it.api, it.id), "object_id": found.get("object_id")}


class File(_Content):
    """A file in a volume; its ID is its path."""

    token = "databricks:index/file:File"  # noqa: S105

    def _path(self, path: object) -> str:
        return f"/api/2.0/fs/files{quote(str(path))}"

    def upload(self, api: DatabricksApi, fields: Values) -> None:
        """Send the bytes."""
        api.call("PUT", self._path(fields["path"]), data=io.BytesIO(_content(fields)))

    def create(self, it: Instance) -> str:
        """Upload; the volume must be there."""
        self.upload(it.api, it.fields)
        return str(it.fields["path"])

    def _described(self, it: Instance) -> Values | None:
        told = it.api.headers(self._path(it.id), "content-length", "last-modified")
        if told is None:
            return None
        size, moment = told["content-length"], told["last-modified"]
        return {"path": it.id, "file_size": int(size), "modification_time": moment}

    def settle(self, it: Instance) -> Values | None:
        """Size and time of what was just written."""
        found = self._described(it)
        return found and {**found, "remote_file_modified": False}

    def read(self, it: Instance) -> Values | None:
        """Whether somebody else has written the file; the time stays that of the last upload."""
        found = self._described(it)
        if found is None:
            return None
        known = it.state.get("modification_time") or found["modification_time"]
        changed = known != found["modification_time"]
        return {**found, "modification_time": known, "remote_file_modified": changed}

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", self._path(it.id))


TYPES = (Directory(), Notebook(), WorkspaceFile(), File())
