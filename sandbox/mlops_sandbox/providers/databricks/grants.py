"""Privileges on Unity Catalog's securables, and the workspaces that may see them."""

from __future__ import annotations

from collections.abc import Mapping

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import DatabricksApi, path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance
from mlops_sandbox.providers.databricks.unity import ROOT

#: Properties that name a securable, and the API's word for its type.
SECURABLES = {
    "catalog": "catalog",
    "credential": "credential",
    "external_location": "external_location",
    "foreign_connection": "connection",
    "function": "function",
    "metastore": "metastore",
    "model": "function",
    "pipeline": "pipeline",
    "recipient": "recipient",
    "schema": "schema",
    "share": "share",
    "storage_credential": "storage_credential",
    "table": "table",
    "volume": "volume",
}
_TIMEOUT = 60.0
Privileges = Mapping[str, frozenset[str]]


def _securable(fields: Values) -> tuple[str, str]:
    for name in SECURABLES:
        if fields.get(name):
            return name, str(fields[name])
    raise ResourceError(f"one of {', '.join(sorted(SECURABLES))} must say what the grants are on")


def _path(securable: str, name: str) -> str:
    return f"{ROOT}/permissions/{SECURABLES[securable]}/{path_part(name)}"


def _now(api: DatabricksApi, securable: str, name: str) -> Privileges | None:
    found = api.find(_path(securable, name))
    if found is None:
        return None
    return {
        entry["principal"]: frozenset(
            privilege.replace(" ", "_").upper() for privilege in entry["privileges"]
        )
        for entry in found.get("privilege_assignments", [])
    }


def _apply(it: Instance, securable: str, name: str, wanted: Privileges, only: str | None = None) -> None:
    """Make the privileges the wanted ones (of one principal only, if named) and wait until they are."""
    now = _now(it.api, securable, name) or {}
    changes = []
    principals = {only} if only else now.keys() | wanted.keys()
    for principal in sorted(principals):
        old, new = now.get(principal, frozenset()), wanted.get(principal, frozenset())
        change = {"add": sorted(new - old), "remove": sorted(old - new)}
        if old != new:
            changes.append({"principal": principal, **{key: value for key, value in change.items() if value}})
    if not changes:
        return
    it.api.patch(_path(securable, name), {"changes": changes})

    def done(found: Privileges | None) -> bool:
        return all((found or {}).get(one, frozenset()) == wanted.get(one, frozenset()) for one in principals)

    it.wait(lambda: _now(it.api, securable, name), done, f"grants on {name}", _TIMEOUT)


class Grants(DatabricksType):
    """All privileges on one securable; its ID is `schema/dev.flights`."""

    token = "databricks:index/grants:Grants"  # noqa: S105

    def create(self, it: Instance) -> str:
        """Make the privileges exactly these."""
        self.update(it)
        return "/".join(_securable(it.fields))

    def update(self, it: Instance) -> None:
        """Make the privileges exactly these."""
        wanted = {entry["principal"]: frozenset(entry["privileges"]) for entry in it.fields["grant"]}
        _apply(it, *_securable(it.fields), wanted)

    def read(self, it: Instance) -> Values | None:
        """The privileges; none at all counts as gone."""
        securable, name = it.id.split("/", 1)
        found = _now(it.api, securable, name)
        if not found:
            return None
        entries = [
            {"principal": principal, "privileges": sorted(privileges)}
            for principal, privileges in sorted(found.items())
        ]
        return {securable: name, "grant": entries}

    def delete(self, it: Instance) -> None:
        """Take all privileges away."""
        securable, name = it.id.split("/", 1)
        _apply(it, securable, name, {})


class Grant(DatabricksType):
    """One principal's privileges on one securable; its ID is `schema/dev.flights/readers`."""

    token = "databricks:index/grant:Grant"  # noqa: S105

    def create(self, it: Instance) -> str:
        """Make the principal's privileges exactly these."""
        self.update(it)
        return "/".join((*_securable(it.fields), str(it.fields["principal"])))

    def update(self, it: Instance) -> None:
        """Make the principal's privileges exactly these."""
        principal = str(it.fields["principal"])
        _apply(it, *_securable(it.fields), {principal: frozenset(it.fields["privileges"])}, principal)

    def read(self, it: Instance) -> Values | None:
        """The principal's privileges; none counts as gone."""
        securable, name, principal = it.id.split("/", 2)
        privileges = (_now(it.api, securable, name) or {}).get(principal)
        if not privileges:
            return None
        return {securable: name, "principal": principal, "privileges": sorted(privileges)}

    def delete(self, it: Instance) -> None:
        """Take the principal's privileges away."""
        securable, name, principal = it.id.split("/", 2)
        _apply(it, securable, name, {}, principal)


class WorkspaceBinding(DatabricksType):
    """A workspace that may see an isolated securable; its ID is `123|catalog|dev`."""

    token = "databricks:index/workspaceBinding:WorkspaceBinding"  # noqa: S105
    suggested = frozenset({"binding_type"})
    _default = "BINDING_TYPE_READ_WRITE"

    def create(self, it: Instance) -> str:
        """Bind the workspace."""
        kind = str(it.fields.get("securable_type") or "catalog")
        name = str(it.fields.get("securable_name") or it.fields["catalog_name"])
        workspace = int(it.fields["workspace_id"])
        binding = {"binding_type": it.fields.get("binding_type") or self._default, "workspace_id": workspace}
        it.api.patch(f"{ROOT}/bindings/{kind}/{path_part(name)}", {"add": [binding]})
        return f"{workspace}|{kind}|{name}"

    def read(self, it: Instance) -> Values | None:
        """The binding out of the securable's."""
        workspace, kind, name = it.id.split("|", 2)
        found = it.api.find(f"{ROOT}/bindings/{kind}/{path_part(name)}") or {}
        for binding in found.get("bindings", []):
            if str(binding["workspace_id"]) == workspace:
                return {"securable_type": kind, "securable_name": name, **binding}
        return None

    def delete(self, it: Instance) -> None:
        """Take this kind of binding away."""
        workspace, kind, name = it.id.split("|", 2)
        binding = {**pick(it.state, "binding_type"), "workspace_id": int(workspace)}
        it.api.remove("PATCH", f"{ROOT}/bindings/{kind}/{path_part(name)}", {"remove": [binding]})


TYPES = (Grants(), Grant(), WorkspaceBinding())
