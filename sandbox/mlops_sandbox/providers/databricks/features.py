"""Features and search: online stores, vector search endpoints and indexes."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance, WorkspaceFrameworkType

_ENDPOINTS = "/api/2.0/vector-search/endpoints"
_INDEXES = "/api/2.0/vector-search/indexes"
_ENDPOINT_TIMEOUT = 45 * 60.0
_INDEX_TIMEOUT = 15 * 60.0


class OnlineStore(WorkspaceFrameworkType):
    """An online feature store. A changed name finds nothing to patch, as with the real plugin."""

    token = "databricks:index/onlineStore:OnlineStore"  # noqa: S105
    _root = "/api/2.0/feature-store/online-stores"
    _sent = ("capacity", "name", "read_replica_count", "usage_policy_id")

    def create(self, it: Instance) -> str:
        """Make the store."""
        it.answer = it.api.post(self._root, pick(it.fields, *self._sent))
        return str(it.fields["name"])

    def read(self, it: Instance) -> Values | None:
        """The store."""
        found: Values | None = it.api.find(f"{self._root}/{path_part(it.id)}")
        return found

    def update(self, it: Instance) -> None:
        """Capacity, replicas and policy."""
        mask = {"update_mask": "capacity,read_replica_count,usage_policy_id"}
        path = f"{self._root}/{path_part(it.fields['name'])}"
        it.answer = it.api.patch(path, pick(it.fields, *self._sent), mask)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{self._root}/{path_part(it.id)}")


class VectorSearchEndpoint(DatabricksType):
    """An endpoint that serves vector search indexes; its ID is its name."""

    token = "databricks:index/vectorSearchEndpoint:VectorSearchEndpoint"  # noqa: S105

    def create(self, it: Instance) -> str:
        """Make the endpoint and wait until it is online."""
        body = pick(it.fields, "budget_policy_id", "endpoint_type", "name")
        it.api.post(_ENDPOINTS, without_zeros(body))
        name = str(it.fields["name"])
        it.exists(name)
        path = f"{_ENDPOINTS}/{path_part(name)}"
        it.wait(lambda: it.api.get(path), _online, f"vector search endpoint {name}", _ENDPOINT_TIMEOUT)
        return name

    def read(self, it: Instance) -> Values | None:
        """The endpoint; its own ID has another name in the state."""
        found = it.api.find(f"{_ENDPOINTS}/{path_part(it.id)}")
        if found is None:
            return None
        status = found.get("endpoint_status")
        # The SDK has a list of the one status.
        return {**found, "endpoint_id": found.get("id"), "endpoint_status": [status] if status else None}

    def update(self, it: Instance) -> None:
        """Another budget policy."""
        if "budget_policy_id" in it.changed:
            path = f"{_ENDPOINTS}/{path_part(it.id)}/budget-policy"
            it.api.patch(path, pick(it.fields, "budget_policy_id"))

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{_ENDPOINTS}/{path_part(it.id)}")


def _online(endpoint: Values) -> bool:
    return (endpoint.get("endpoint_status") or {}).get("state") == "ONLINE"


class VectorSearchIndex(DatabricksType):
    """A vector search index; its ID is its full name."""

    token = "databricks:index/vectorSearchIndex:VectorSearchIndex"  # noqa: S105
    _sent = (
        "delta_sync_index_spec",
        "direct_access_index_spec",
        "endpoint_name",
        "index_subtype",
        "index_type",
        "name",
        "primary_key",
    )

    def _path(self, name: object) -> str:
        return f"{_INDEXES}/{path_part(name)}"

    def create(self, it: Instance) -> str:
        """Make the index and wait until it answers; one that never does is deleted."""
        it.api.post(_INDEXES, without_zeros(pick(it.fields, *self._sent)))
        name = str(it.fields["name"])
        path = self._path(name)
        try:
            it.wait(lambda: it.api.get(path), _answers, f"vector search index {name}", _INDEX_TIMEOUT)
        except Exception:
            it.api.remove("DELETE", path)
            raise
        return name

    def read(self, it: Instance) -> Values | None:
        """The index."""
        found = it.api.find(self._path(it.id))
        if found is None:
            return None
        status = found.get("status")
        return {**found, "status": [status] if status else None}

    def delete(self, it: Instance) -> None:
        """Remove it, and wait until it is gone."""
        path = self._path(it.id)
        it.api.remove("DELETE", path)
        it.wait(lambda: it.api.find(path), _is_gone, f"vector search index {it.id} to go", _INDEX_TIMEOUT)


def _answers(index: Values) -> bool:
    status = index.get("status") or {}
    return bool(status.get("ready") or int(status.get("indexed_row_count") or 0) > 0)


def _is_gone(found: Values | None) -> bool:
    return found is None


TYPES = (OnlineStore(), VectorSearchEndpoint(), VectorSearchIndex())
