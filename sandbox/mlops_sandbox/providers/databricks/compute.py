"""SQL warehouses and cluster policies."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_WAREHOUSES = "/api/2.0/sql/warehouses"
_POLICIES = "/api/2.0/policies/clusters"
_START_TIMEOUT = 30 * 60.0


class SqlEndpoint(DatabricksType):
    """A SQL warehouse."""

    token = "databricks:index/sqlEndpoint:SqlEndpoint"  # noqa: S105
    local = frozenset({"no_wait"})
    suggested = frozenset({"channel", "health", "min_num_clusters", "tags", "warehouse_type"})
    _sent = (
        "auto_stop_mins",
        "channel",
        "cluster_size",
        "enable_photon",
        "instance_profile_arn",
        "max_num_clusters",
        "min_num_clusters",
        "name",
        "spot_instance_policy",
        "tags",
        "warehouse_type",
    )

    def create(self, it: Instance) -> str:
        """Make the warehouse and wait until it runs."""
        identifier = str(it.api.post(_WAREHOUSES, self._body(it.fields))["id"])
        it.exists(identifier)
        if not it.fields.get("no_wait"):
            path = f"{_WAREHOUSES}/{path_part(identifier)}"
            it.wait(lambda: it.api.get(path), _runs, f"warehouse {identifier} to run", _START_TIMEOUT)
        return identifier

    def _body(self, fields: Values) -> Values:
        return {**without_zeros(pick(fields, *self._sent)), **pick(fields, "enable_serverless_compute")}

    def read(self, it: Instance) -> Values | None:
        """The warehouse, and the data source that dashboards know it by."""
        found = it.api.find(f"{_WAREHOUSES}/{path_part(it.id)}")
        if found is None or found.get("state") == "DELETED":
            return None
        sources = it.api.get("/api/2.0/preview/sql/data_sources")
        mine = [source["id"] for source in sources if source.get("warehouse_id") == it.id]
        # The SDK has a list of the one health.
        health = [found["health"]] if found.get("health") else None
        return {**found, "health": health, "data_source_id": mine[0] if mine else None}

    def update(self, it: Instance) -> None:
        """Edit it, with what the workspace chose at its creation."""
        kept = pick(it.state, "creator_name", "min_num_clusters", "warehouse_type")
        body = {**without_zeros(kept), **self._body(it.fields)}
        it.api.post(f"{_WAREHOUSES}/{path_part(it.id)}/edit", body)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{_WAREHOUSES}/{path_part(it.id)}")


def _runs(warehouse: Values) -> bool:
    if warehouse.get("state") in ("DELETED", "DELETING"):
        raise ResourceError(f"the warehouse went to {warehouse['state']} instead of RUNNING")
    return warehouse.get("state") in ("RUNNING", "STOPPED")


class ClusterPolicy(DatabricksType):
    """A cluster policy."""

    token = "databricks:index/clusterPolicy:ClusterPolicy"  # noqa: S105
    _sent = (
        "definition",
        "description",
        "libraries",
        "max_clusters_per_user",
        "name",
        "policy_family_definition_overrides",
        "policy_family_id",
    )

    def create(self, it: Instance) -> str:
        """Make the policy."""
        return str(
            it.api.post(f"{_POLICIES}/create", without_zeros(pick(it.fields, *self._sent)))["policy_id"]
        )

    def read(self, it: Instance) -> Values | None:
        """The policy."""
        found: Values | None = it.api.find(f"{_POLICIES}/get", {"policy_id": it.id})
        return found

    def update(self, it: Instance) -> None:
        """All of it again."""
        it.api.post(f"{_POLICIES}/edit", {**without_zeros(pick(it.fields, *self._sent)), "policy_id": it.id})

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("POST", f"{_POLICIES}/delete", {"policy_id": it.id})


TYPES = (SqlEndpoint(), ClusterPolicy())
