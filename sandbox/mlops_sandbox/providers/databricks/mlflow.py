"""MLflow experiments and quality monitors."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, FrameworkType, Instance

_EXPERIMENTS = "/api/2.0/mlflow/experiments"
_MONITOR_TIMEOUT = 20 * 60.0


class MlflowExperiment(DatabricksType):
    """An experiment."""

    token = "databricks:index/mlflowExperiment:MlflowExperiment"  # noqa: S105
    local = frozenset({"description", "trace_location"})
    suggested = frozenset({"artifact_location"})

    def create(self, it: Instance) -> str:
        """Make the experiment."""
        body = without_zeros(pick(it.fields, "artifact_location", "name", "tags", "trace_location"))
        return str(it.api.post(f"{_EXPERIMENTS}/create", body)["experiment_id"])

    def read(self, it: Instance) -> Values | None:
        """The experiment, unless it was deleted."""
        found = it.api.find(f"{_EXPERIMENTS}/get", {"experiment_id": it.id})
        if found is None or found["experiment"].get("lifecycle_stage") == "deleted":
            return None
        answer: Values = found["experiment"]
        return answer

    def update(self, it: Instance) -> None:
        """Only a new name is ever sent."""
        body = {"experiment_id": it.id, "new_name": it.fields["name"]}
        it.api.post(f"{_EXPERIMENTS}/update", body)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("POST", f"{_EXPERIMENTS}/delete", {"experiment_id": it.id})


class QualityMonitor(FrameworkType):
    """The monitor of a table; its ID is the table's full name."""

    token = "databricks:index/qualityMonitor:QualityMonitor"  # noqa: S105
    local = frozenset({"skip_builtin_dashboard", "warehouse_id"})
    _sent = (
        "baseline_table_name",
        "custom_metrics",
        "data_classification_config",
        "inference_log",
        "latest_monitor_failure_msg",
        "notifications",
        "output_schema_name",
        "schedule",
        "slicing_exprs",
        "snapshot",
        "time_series",
    )

    def _path(self, table: str) -> str:
        return f"/api/2.1/unity-catalog/tables/{path_part(table)}/monitor"

    def create(self, it: Instance) -> str:
        """Make the monitor."""
        names = ("assets_dir", "skip_builtin_dashboard", "warehouse_id", *self._sent)
        table = str(it.fields["table_name"])
        it.api.post(self._path(table), without_zeros(pick(it.fields, *names)))
        return table

    def settle(self, it: Instance) -> Values | None:
        """The monitor, once it is no longer pending; an update loses `monitorId`, as with the real plugin."""
        made = it.wait(lambda: self.read(it), _is_made, f"the monitor of {it.id}", _MONITOR_TIMEOUT)
        return {**made, "id": None} if made and it.changed else made

    def read(self, it: Instance) -> Values | None:
        """The monitor."""
        found = it.api.find(self._path(it.id))
        return found and {**found, "id": it.id}

    def update(self, it: Instance) -> None:
        """All of it again. A changed table is asked for its monitor and has none, as with the real plugin."""
        body = {**pick(it.state, "dashboard_id"), **without_zeros(pick(it.fields, *self._sent))}
        it.api.put(self._path(str(it.fields["table_name"])), body)

    def delete(self, it: Instance) -> None:
        """Remove it; its metric tables stay."""
        it.api.remove("DELETE", self._path(it.id))


def _is_made(monitor: Values | None) -> bool:
    status = (monitor or {}).get("status")
    if status in ("MONITOR_STATUS_ERROR", "MONITOR_STATUS_FAILED"):
        told = (monitor or {}).get("latest_monitor_failure_msg", "no reason is given")
        raise ResourceError(f"the monitor went to {status}: {told}")
    return status != "MONITOR_STATUS_PENDING"


TYPES = (MlflowExperiment(), QualityMonitor())
