"""Model serving endpoints."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values, is_empty
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_ROOT = "/api/2.0/serving-endpoints"
_TIMEOUT = 45 * 60.0


class ModelServing(DatabricksType):
    """An endpoint; its ID is its name.

    A config that the program leaves out is made and changed by others: it never shows as a change
    and is never sent. An update sends config, tags and AI gateway only, as the real plugin does.
    """

    token = "databricks:index/modelServing:ModelServing"  # noqa: S105
    local = frozenset({"rate_limits", "email_notifications"})
    _created_with = (
        "ai_gateway",
        "budget_policy_id",
        "config",
        "description",
        "email_notifications",
        "name",
        "rate_limits",
        "route_optimized",
        "tags",
        "telemetry_config",
    )

    def create(self, it: Instance) -> str:
        """Make it and wait until its first config is there; what fails leaves nothing behind."""
        name = str(it.fields["name"])
        it.api.post(_ROOT, pick(it.fields, *self._created_with))
        try:
            self._wait(it, name)
        except ResourceError:
            it.api.remove("DELETE", f"{_ROOT}/{path_part(name)}")
            raise
        return name

    def read(self, it: Instance) -> Values | None:
        """The endpoint."""
        found = it.api.find(f"{_ROOT}/{path_part(it.id)}")
        if found is None:
            return None
        answer: Values = {**found, "serving_endpoint_id": found.get("id")}
        config = answer.get("config") or {}
        if is_empty(config.get("served_entities")) and is_empty(config.get("served_models")):
            answer.pop("config", None)
        elif not (it.state or it.fields).get("config", {}).get("served_models"):
            answer["config"] = {key: value for key, value in config.items() if key != "served_models"}
        return answer

    def update(self, it: Instance) -> None:
        """Config, tags, AI gateway: each with a call of its own, and only when it changed."""
        path = f"{_ROOT}/{path_part(it.id)}"
        if "config" in it.changed and it.fields.get("config"):
            it.api.put(f"{path}/config", it.fields["config"])
            self._wait(it, it.id)
        if "tags" in it.changed:
            self._update_tags(it, path)
        if "ai_gateway" in it.changed:
            it.api.put(f"{path}/ai-gateway", it.fields.get("ai_gateway", {}))

    def _update_tags(self, it: Instance, path: str) -> None:
        now = it.api.get(path).get("tags", [])
        wanted = it.fields.get("tags", [])
        keys = {tag["key"] for tag in wanted}
        body = {
            "add_tags": [tag for tag in wanted if tag not in now],
            "delete_tags": [tag["key"] for tag in now if tag["key"] not in keys],
        }
        it.api.patch(f"{path}/tags", {key: value for key, value in body.items() if value})

    def _wait(self, it: Instance, name: str) -> None:
        path = f"{_ROOT}/{path_part(name)}"
        it.wait(lambda: it.api.get(path), _is_updated, f"endpoint {name} to take its config", _TIMEOUT)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{_ROOT}/{path_part(it.id)}")


def _is_updated(endpoint: Values) -> bool:
    state = endpoint.get("state", {}).get("config_update", "NOT_UPDATING")
    if state in ("UPDATE_FAILED", "UPDATE_CANCELED"):
        raise ResourceError(f"the endpoint's config went to {state}; its events in the workspace say why")
    return bool(state == "NOT_UPDATING")


TYPES = (ModelServing(),)
