"""Jobs."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import is_missing
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_ROOT = "/api/2.2/jobs"
#: Terraform's names of repeated blocks, and the API's.
_REPEATED = {
    "environment": "environments",
    "job_cluster": "job_clusters",
    "parameter": "parameters",
    "task": "tasks",
}
#: Terraform leaves `git_` out of a repository's fields; the rest has the API's names.
_IN_GIT = ("branch", "commit", "provider", "tag", "url")
_STATE_ONLY = frozenset({"always_running", "control_run_state", "provider_config", "url"})


class Job(DatabricksType):
    """A job; its ID is the job's number."""

    token = "databricks:index/job:Job"  # noqa: S105
    local = frozenset({"always_running", "control_run_state"})
    suggested = frozenset(
        {
            "email_notifications",
            "webhook_notifications",
            "task.run_if",
            "task.notebook_task.source",
            "task.spark_python_task.source",
        }
    )

    def prepare(self, inputs: Values) -> None:
        """Refuse what would need a run to be started or ended by the provider."""
        for name in ("alwaysRunning", "controlRunState"):
            if inputs.get(name) is True:
                raise ResourceError(f"{name} needs the real provider plugin; `continuous` does without")

    def create(self, it: Instance) -> str:
        """Make the job."""
        return str(it.api.post(f"{_ROOT}/create", _settings(it.fields))["job_id"])

    def read(self, it: Instance) -> Values | None:
        """The job's settings, who it runs as and where it is."""
        try:
            found = it.api.get(f"{_ROOT}/get", {"job_id": it.id})
        except OSError as error:
            if is_missing(error) or "does not exist" in str(error):
                return None
            raise
        fields = _from_settings(found["settings"])
        if "run_as" not in fields and found.get("run_as_user_name"):
            name = found["run_as_user_name"]
            fields["run_as"] = {"user_name" if "@" in name else "service_principal_name": name}
        return {**fields, "url": f"{it.api.host}/#job/{it.id}"}

    def update(self, it: Instance) -> None:
        """Reset all settings."""
        settings = _settings(_carried(it.fields, it.state, it.changed))
        it.api.post(f"{_ROOT}/reset", {"job_id": int(it.id), "new_settings": settings})

    def delete(self, it: Instance) -> None:
        """Remove the job and its runs."""
        try:
            it.api.post(f"{_ROOT}/delete", {"job_id": int(it.id)})
        except OSError as error:
            if not is_missing(error) and "does not exist" not in str(error):
                raise


def _settings(fields: Values) -> Values:
    """The API's job settings; a job that says nothing of a queue has none."""
    renamed = {_REPEATED.get(name, name): value for name, value in fields.items() if name not in _STATE_ONLY}
    if fields.get("git_source"):
        renamed["git_source"] = _renamed(fields["git_source"], {name: f"git_{name}" for name in _IN_GIT})
    settings: Values = without_zeros(_libraries(renamed, "library", "libraries"))
    queue = fields.get("queue") or {}
    return {**settings, "queue": {"enabled": bool(queue.get("enabled"))}}


def _from_settings(settings: Values) -> Values:
    blocks = {api: block for block, api in _REPEATED.items()}
    renamed = _renamed(settings, blocks)
    if settings.get("git_source"):
        renamed["git_source"] = _renamed(settings["git_source"], {f"git_{name}": name for name in _IN_GIT})
    fields: Values = _libraries(renamed, "libraries", "library")
    return fields


def _renamed(value: Values, names: dict[str, str]) -> Values:
    return {names.get(name, name): item for name, item in value.items()}


def _libraries(value: Any, old: str, new: str) -> Any:
    """The same with a key renamed at every depth: libraries stand in jobs, tasks and clusters."""
    if isinstance(value, dict):
        return {new if key == old else key: _libraries(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_libraries(item, old, new) for item in value]
    return value


def _carried(fields: Values, state: Values, changed: frozenset[str]) -> Values:
    """The fields with what the API once filled in; the real plugin sends it back."""
    filled: Values = {
        name: state[name]
        for name in ("email_notifications", "webhook_notifications")
        if name in state and name not in fields and name not in changed
    }
    known = {task.get("task_key"): task for task in state.get("task", [])}
    tasks = [_carried_task(task, known.get(task.get("task_key"), {})) for task in fields.get("task", [])]
    if tasks:
        filled["task"] = tasks
    return {**fields, **filled}


def _carried_task(task: Values, known: Values) -> Values:
    filled = dict(task)
    if known.get("run_if") == "ALL_SUCCESS":
        filled.setdefault("run_if", "ALL_SUCCESS")
    if known.get("email_notifications") is not None and not without_zeros(known["email_notifications"]):
        filled.setdefault("email_notifications", {})
    source = known.get("notebook_task", {}).get("source")
    if "notebook_task" in task and source == "WORKSPACE":
        filled["notebook_task"] = {"source": source, **task["notebook_task"]}
    return filled


TYPES = (Job(),)
