"""Alerts and dashboards."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance, WorkspaceFrameworkType

_ALERTS = "/api/2.0/alerts"
_DASHBOARDS = "/api/2.0/lakeview/dashboards"


class AlertV2(WorkspaceFrameworkType):
    """An alert."""

    token = "databricks:index/alertV2:AlertV2"  # noqa: S105
    local = frozenset({"purge_on_delete"})
    _changing = (
        "custom_description",
        "custom_summary",
        "display_name",
        "evaluation",
        "parameters",
        "parent_path",
        "query_text",
        "run_as",
        "run_as_user_name",
        "schedule",
        "warehouse_id",
    )

    def create(self, it: Instance) -> str:
        """Make the alert."""
        it.answer = it.api.post(_ALERTS, pick(it.fields, *self._changing))
        return str(it.answer["id"])

    def read(self, it: Instance) -> Values | None:
        """The alert, unless it is in the trash."""
        found: Values | None = it.api.find(f"{_ALERTS}/{path_part(it.id)}")
        return None if found is None or found.get("lifecycle_state") == "DELETED" else found

    def update(self, it: Instance) -> None:
        """All that can change."""
        body = pick({**it.fields, "id": it.id}, "id", *self._changing)
        mask = {"update_mask": ",".join(self._changing)}
        it.answer = it.api.patch(f"{_ALERTS}/{path_part(it.id)}", body, mask)

    def delete(self, it: Instance) -> None:
        """Move it to the trash, or delete it for good."""
        query = {"purge": "true"} if it.state.get("purge_on_delete") else None
        it.api.remove("DELETE", f"{_ALERTS}/{path_part(it.id)}", query=query)


class Dashboard(DatabricksType):
    """A dashboard, always published."""

    token = "databricks:index/dashboard:Dashboard"  # noqa: S105
    local = frozenset({"dataset_catalog", "dataset_schema", "embed_credentials", "file_path"})
    absent = frozenset({"dataset_catalog", "dataset_schema"})
    suggested = frozenset({"etag", "dashboard_change_detected"})
    rewritten = frozenset({"serialized_dashboard"})
    _sent = ("display_name", "parent_path", "warehouse_id")
    _known = ("create_time", "dashboard_id", "etag", "lifecycle_state", "path", "update_time")

    def _definition(self, fields: Values) -> str:
        file = fields.get("file_path")
        if not file:
            return str(fields.get("serialized_dashboard") or "")
        try:
            return Path(file).read_text(encoding="utf-8")
        except OSError as error:
            raise ResourceError(f"filePath {file}: {error.strerror}") from None

    def _body(self, it: Instance) -> Values:
        body = {**pick(it.fields, *self._sent), "serialized_dashboard": self._definition(it.fields)}
        return dict(without_zeros(body))

    def create(self, it: Instance) -> str:
        """Make it, in a new folder if there is none, and publish it."""
        query = without_zeros(pick(it.fields, "dataset_catalog", "dataset_schema")) or None
        body = self._body(it)
        try:
            made = it.api.call("POST", _DASHBOARDS, body, query)
        except OSError as error:
            if not (str(error).startswith("Path (") and str(error).endswith(") doesn't exist.")):
                raise
            it.api.post("/api/2.0/workspace/mkdirs", {"path": it.fields["parent_path"]})
            made = it.api.call("POST", _DASHBOARDS, body, query)
        identifier = str(made["dashboard_id"])
        self._publish(it, identifier)
        return identifier

    def _publish(self, it: Instance, identifier: str) -> None:
        """Publish the draft; one that can't be published goes to the trash."""
        path = f"{_DASHBOARDS}/{path_part(identifier)}"
        embed = bool(it.fields.get("embed_credentials", True))
        body = {"embed_credentials": embed, **pick(it.fields, "warehouse_id")}
        try:
            it.api.post(f"{path}/published", body)
        except OSError:
            it.api.remove("DELETE", path)
            raise

    def settle(self, it: Instance) -> Values | None:
        """The draft, and the digest of what the program wrote."""
        digest = hashlib.md5(self._definition(it.fields).encode(), usedforsecurity=False).hexdigest()
        found = self._get(it)
        return found and {**found, "md5": digest, "dashboard_change_detected": False}

    def _get(self, it: Instance) -> Values | None:
        found: Values | None = it.api.find(f"{_DASHBOARDS}/{path_part(it.id)}")
        return None if found is None or found.get("lifecycle_state") == "TRASHED" else found

    def read(self, it: Instance) -> Values | None:
        """The draft, and whether somebody else has changed it."""
        found = self._get(it)
        if found is None:
            return None
        changed = bool(it.state) and found.get("etag") != it.state.get("etag")
        return {**found, **pick(it.state, "md5"), "dashboard_change_detected": changed}

    def keeps(self, it: Instance, answer: Values) -> frozenset[str]:  # noqa: ARG002
        """The definition comes back in another form; unless somebody changed it, it is what was written."""
        return frozenset() if answer["dashboard_change_detected"] else frozenset({"serialized_dashboard"})

    def update(self, it: Instance) -> None:
        """All of it again, then publish it."""
        body = {**pick(it.state, *self._known), **self._body(it)}
        query = without_zeros(pick(it.fields, "dataset_catalog", "dataset_schema")) or None
        it.api.patch(f"{_DASHBOARDS}/{path_part(it.id)}", body, query)
        self._publish(it, it.id)

    def delete(self, it: Instance) -> None:
        """Move it to the trash."""
        it.api.remove("DELETE", f"{_DASHBOARDS}/{path_part(it.id)}")


TYPES = (AlertV2(), Dashboard())
