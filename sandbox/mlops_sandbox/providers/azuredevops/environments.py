"""Environments that pipelines deploy to, and what their pipelines may use."""

from __future__ import annotations

from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance, located
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values


class Environment(DevOpsType):
    """An environment; its ID is its number."""

    token = "azuredevops:index/environment:Environment"  # noqa: S105
    blank = frozenset({"description"})

    def _path(self, it: Instance, project: object) -> str:  # noqa: ARG002
        return f"{project}/_apis/distributedtask/environments"

    def _body(self, it: Instance) -> Values:
        return {"name": it.fields["name"], "description": it.fields.get("description", "")}

    def create(self, it: Instance) -> str:
        """Make it."""
        return str(it.api.call("POST", self._path(it, it.fields["project_id"]), self._body(it))["id"])

    def read(self, it: Instance) -> Values | None:
        """Its name and description."""
        project, number = located(it)
        found = it.api.look(f"{self._path(it, project)}/{number}")
        return found and {"project_id": project, **pick(found, "name", "description")}

    def update(self, it: Instance) -> None:
        """Change its name and description."""
        it.api.call("PATCH", f"{self._path(it, it.fields['project_id'])}/{it.id}", self._body(it))

    def delete(self, it: Instance) -> None:
        """Remove it with its checks."""
        project, number = located(it)
        it.api.remove(f"{self._path(it, project)}/{number}")


class PipelineAuthorization(DevOpsType):
    """That a pipeline may use a resource; its ID is `project/type/resource`, and `;pipeline_id=N` for one."""

    token = "azuredevops:index/pipelineAuthorization:PipelineAuthorization"  # noqa: S105
    absent = frozenset({"pipeline_id"})

    def _path(self, known: Values) -> str:
        resource = known["resource_id"]
        if known["type"] == "repository":
            resource = f"{known['project_id']}.{resource}"
        project = known.get("pipeline_project_id") or known["project_id"]
        return f"{project}/_apis/pipelines/pipelinePermissions/{known['type']}/{resource}"

    def _allow(self, it: Instance, known: Values, authorized: bool) -> None:
        number = known.get("pipeline_id")
        whom: Values = {"allPipelines": {"authorized": authorized}}
        if number:
            whom = {"pipelines": [{"authorized": authorized, "id": number}]}
        it.api.call("PATCH", self._path(known), whom)

    def create(self, it: Instance) -> str:
        """Allow it, and look until it is so."""
        known = it.fields
        self._allow(it, known, authorized=True)
        number = known.get("pipeline_id")
        it.exists(
            f"{known['project_id']}/{known['type']}/{known['resource_id']}"
            + (f";pipeline_id={number}" if number else "")
        )
        it.wait(lambda: self._allowed(it, known), bool, f"the authorization {it.id}", 60.0)
        return it.id

    def _allowed(self, it: Instance, known: Values) -> bool:
        found = it.api.look(self._path(known)) or {}
        number = known.get("pipeline_id")
        if not number:
            return bool((found.get("allPipelines") or {}).get("authorized"))
        return any(each["id"] == number and each["authorized"] for each in found.get("pipelines") or [])

    def read(self, it: Instance) -> Values | None:
        """Whether it is still allowed."""
        known = it.fields or it.state or _named(it.id)
        return dict(known) if self._allowed(it, known) else None

    def delete(self, it: Instance) -> None:
        """Take it back."""
        self._allow(it, it.state, authorized=False)


def _named(identifier: str) -> Values:
    whole, _, number = identifier.partition(";pipeline_id=")
    known: Values = dict(zip(("project_id", "type", "resource_id"), whole.split("/", 2), strict=True))
    return {**known, **({"pipeline_id": int(number)} if number else {})}


TYPES = (Environment(), PipelineAuthorization())
