"""Secret scopes, secrets and their access control lists."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance, WorkspaceFrameworkType

_ROOT = "/api/2.0/secrets"
_SEPARATOR = "|||"


class SecretScope(DatabricksType):
    """A scope; its ID is its name."""

    token = "databricks:index/secretScope:SecretScope"  # noqa: S105
    local = frozenset({"initial_manage_principal", "keyvault_metadata"})

    def create(self, it: Instance) -> str:
        """Make the scope; backed by Databricks unless a key vault is named."""
        vault = it.fields.get("keyvault_metadata")
        body = {"scope": it.fields["name"], **pick(it.fields, "initial_manage_principal")}
        body["scope_backend_type"] = "AZURE_KEYVAULT" if vault else "DATABRICKS"
        if vault:
            body["backend_azure_keyvault"] = vault
        it.api.post(f"{_ROOT}/scopes/create", body)
        return str(it.fields["name"])

    def read(self, it: Instance) -> Values | None:
        """The scope out of the list of all."""
        for scope in it.api.get(f"{_ROOT}/scopes/list").get("scopes", []):
            if scope["name"] == it.id:
                return {"name": it.id, "backend_type": scope["backend_type"]}
        return None

    def delete(self, it: Instance) -> None:
        """Remove the scope with all its secrets."""
        it.api.remove("POST", f"{_ROOT}/scopes/delete", {"scope": it.id})


class Secret(DatabricksType):
    """A secret; its ID is `scope|||key`. The value can be written and never read."""

    token = "databricks:index/secret:Secret"  # noqa: S105
    local = frozenset({"string_value"})

    def create(self, it: Instance) -> str:
        """Put the value."""
        it.api.post(f"{_ROOT}/put", pick(it.fields, "key", "scope", "string_value"))
        return f"{it.fields['scope']}{_SEPARATOR}{it.fields['key']}"

    def read(self, it: Instance) -> Values | None:
        """When it was last written, out of the scope's list."""
        scope, key = it.id.split(_SEPARATOR, 1)
        listed = it.api.find(f"{_ROOT}/list", {"scope": scope}) or {}
        for secret in listed.get("secrets", []):
            if secret["key"] == key:
                return {
                    "scope": scope,
                    "key": key,
                    "last_updated_timestamp": secret.get("last_updated_timestamp"),
                    "config_reference": f"{{{{secrets/{scope}/{key}}}}}",
                }
        return None

    def delete(self, it: Instance) -> None:
        """Remove the key: after a create-first replacement that is the new value."""
        scope, key = it.id.split(_SEPARATOR, 1)
        it.api.remove("POST", f"{_ROOT}/delete", {"key": key, "scope": scope})


class SecretAcl(DatabricksType):
    """One principal's permission on a scope; its ID is `scope|||principal`."""

    token = "databricks:index/secretAcl:SecretAcl"  # noqa: S105

    def create(self, it: Instance) -> str:
        """Put the permission."""
        it.api.post(f"{_ROOT}/acls/put", pick(it.fields, "permission", "principal", "scope"))
        return f"{it.fields['scope']}{_SEPARATOR}{it.fields['principal']}"

    def read(self, it: Instance) -> Values | None:
        """The permission."""
        scope, principal = it.id.split(_SEPARATOR, 1)
        found = it.api.find(f"{_ROOT}/acls/get", {"principal": principal, "scope": scope})
        return found and {"scope": scope, **pick(found, "principal", "permission")}

    def delete(self, it: Instance) -> None:
        """Remove the principal's permission: after a create-first replacement that is the new one."""
        scope, principal = it.id.split(_SEPARATOR, 1)
        it.api.remove("POST", f"{_ROOT}/acls/delete", {"principal": principal, "scope": scope})


class SecretUc(WorkspaceFrameworkType):
    """A secret in a schema of Unity Catalog; its value is never read back, nor who was made its owner."""

    token = "databricks:index/secretUc:SecretUc"  # noqa: S105
    local = frozenset({"owner", "value"})
    _root = "/api/2.1/unity-catalog/secrets"
    _changing = ("comment", "expire_time", "owner", "value")

    def _path(self, it: Instance) -> str:
        return f"{self._root}/{path_part(it.state.get('full_name') or it.id)}"

    def create(self, it: Instance) -> str:
        """Keep the value."""
        body = pick(it.fields, "catalog_name", "name", "schema_name", *self._changing)
        it.answer = it.api.post(self._root, body)
        return str(it.answer["full_name"])

    def read(self, it: Instance) -> Values | None:
        """Who made it and when, without its value."""
        found: Values | None = it.api.find(self._path(it))
        return found

    def replaces(self, it: Instance) -> frozenset[str]:  # noqa: ARG002
        """Another name is another secret."""
        return frozenset({"catalog_name", "name", "schema_name"})

    def update(self, it: Instance) -> None:
        """What can change."""
        body = pick(it.fields, "catalog_name", "name", "schema_name", *self._changing)
        it.answer = it.api.patch(self._path(it), body, {"update_mask": ",".join(self._changing)})

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", self._path(it))


TYPES = (SecretScope(), Secret(), SecretAcl(), SecretUc())
