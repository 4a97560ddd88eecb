"""Variable groups."""

from __future__ import annotations

from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance, located, secret_values
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values

_ROOT = "_apis/distributedtask/variablegroups"


class VariableGroup(DevOpsType):
    """A group of variables; its ID is its number."""

    token = "azuredevops:index/variableGroup:VariableGroup"  # noqa: S105
    blank = frozenset({"description"})

    def prepare(self, inputs: Values) -> None:
        """A key vault is Azure's."""
        if inputs.get("keyVault"):
            raise ResourceError("keyVault needs the real provider plugin")

    def _body(self, it: Instance) -> Values:
        fields = it.fields
        about = {"name": fields["name"], "description": fields.get("description", "")}
        reference = {**about, "projectReference": {"id": fields["project_id"]}}
        variables = {
            each["name"]: {
                "isSecret": bool(each.get("is_secret")),
                "value": each.get("secret_value" if each.get("is_secret") else "value", ""),
            }
            for each in fields["variable"]
        }
        return {**about, "variableGroupProjectReferences": [reference], "variables": variables}

    def create(self, it: Instance) -> str:
        """Make it, look until it is there, and say whether every pipeline may use it."""
        number = str(it.api.call("POST", _ROOT, self._body(it))["id"])
        it.exists(number)
        path = f"{it.fields['project_id']}/{_ROOT}/{number}"
        for _ in range(2):
            it.wait(lambda: it.api.look(path), bool, f"the variable group {number}", 60.0)
        self._authorize(it, it.fields, it.fields.get("allow_access", False), it.fields["name"])
        return number

    def _authorize(self, it: Instance, known: Values, allowed: bool, name: str) -> None:
        told = {"authorized": allowed, "id": it.id, "name": name, "type": "variablegroup"}
        it.api.call("PATCH", f"{known['project_id']}/_apis/build/authorizedresources", [told])

    def read(self, it: Instance) -> Values | None:
        """Its variables; secret values stay what the program said."""
        project, number = located(it)
        found = it.api.look(f"{project}/{_ROOT}/{number}")
        if not found:
            return None
        secrets = secret_values(it, "variable")
        query = {"type": "variablegroup", "id": number}
        allowed = it.api.get(f"{project}/_apis/build/authorizedresources", query)["value"]
        return {
            "project_id": project,
            **pick(found, "name", "description"),
            "allow_access": any(each["authorized"] for each in allowed),
            "variable": [
                {
                    "name": name,
                    "is_secret": bool(told.get("isSecret")),
                    "value": told.get("value") or "",
                    "secret_value": secrets.get(name, ""),
                }
                for name, told in found["variables"].items()
            ],
        }

    def update(self, it: Instance) -> None:
        """Replace its variables and who may use it."""
        it.api.call("PUT", f"{_ROOT}/{it.id}", self._body(it))
        self._authorize(it, it.fields, it.fields.get("allow_access", False), it.fields["name"])

    def delete(self, it: Instance) -> None:
        """Remove it; no pipeline may use it any longer."""
        self._authorize(it, it.state, allowed=False, name="")
        it.api.remove(f"{_ROOT}/{it.id}", {"projectIds": it.state["project_id"]})


TYPES = (VariableGroup(),)
