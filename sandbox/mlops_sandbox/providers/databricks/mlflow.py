"""MLflow experiments and quality monitors."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import (
    DatabricksType,
    FrameworkType,
    Instance,
    WorkspaceFrameworkType,
)

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


class DataQualityMonitor(WorkspaceFrameworkType):
    """A monitor of the data-quality API. Its ID in the state is literally `missing ID`."""

    token = "databricks:index/dataQualityMonitor:DataQualityMonitor"  # noqa: S105
    _root = "/api/data-quality/v1/monitors"
    _sent = ("anomaly_detection_config", "data_profiling_config", "object_id", "object_type")
    #: What the API takes and never tells.
    _unanswered = ("skip_builtin_dashboard", "warehouse_id")

    def _path(self, it: Instance) -> str:
        known = it.state or it.fields
        parts = [known.get("object_type"), known.get("object_id")]
        if not all(parts):
            # An import names both, by a comma.
            parts = list(it.id.split(","))
        return f"{self._root}/{path_part(parts[0])}/{path_part(parts[-1])}"

    def _told(self, it: Instance, found: Values) -> Values:
        """An answer, with what only the program knows."""
        known = (it.fields or it.state).get("data_profiling_config") or {}
        kept = pick(known, *self._unanswered)
        if not kept or not found.get("data_profiling_config"):
            return found
        return {**found, "data_profiling_config": {**kept, **found["data_profiling_config"]}}

    def create(self, it: Instance) -> str:
        """Make the monitor."""
        it.answer = it.api.post(self._root, pick(it.fields, *self._sent))
        return "missing ID"

    def settle(self, it: Instance) -> Values | None:
        """What the call answered."""
        return self._told(it, it.answer)

    def read(self, it: Instance) -> Values | None:
        """The monitor."""
        found: Values | None = it.api.find(self._path(it))
        return found and self._told(it, found)

    def update(self, it: Instance) -> None:
        """Both configurations."""
        mask = {"update_mask": "anomaly_detection_config,data_profiling_config"}
        it.answer = it.api.patch(self._path(it), pick(it.fields, *self._sent), mask)

    def delete(self, it: Instance) -> None:
        """Remove it; its metric tables stay."""
        it.api.remove("DELETE", self._path(it))


TYPES = (MlflowExperiment(), QualityMonitor(), DataQualityMonitor())
