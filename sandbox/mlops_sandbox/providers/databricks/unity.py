"""Unity Catalog: catalogs, schemas, volumes, registered models."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import DatabricksApi, path_part
from mlops_sandbox.providers.databricks.kinds import (
    DatabricksType,
    Instance,
    changed_only,
)

ROOT = "/api/2.1/unity-catalog"


def current_workspace(api: DatabricksApi) -> int:
    """The workspace's number, from its metastore assignment."""
    return int(api.get(f"{ROOT}/current-metastore-assignment")["workspace_id"])


def bind(api: DatabricksApi, kind: str, name: str) -> None:
    """Let this workspace into an isolated securable."""
    entry = {"binding_type": "BINDING_TYPE_READ_WRITE", "workspace_id": current_workspace(api)}
    api.patch(f"{ROOT}/bindings/{kind}/{path_part(name)}", {"add": [entry]})


class Securable(DatabricksType):
    """What is made by one POST, changed by PATCH and owned by somebody."""

    folder: str
    created_with: tuple[str, ...]
    updated_with: tuple[str, ...]
    asks_metastore = False
    """Whether an update and a delete first ask which metastore the workspace has."""

    def path(self, identifier: str) -> str:
        """The securable's own path."""
        return f"{ROOT}/{self.folder}/{path_part(identifier)}"

    def identifier(self, fields: Values) -> str:
        """Its full name."""
        parts = (fields.get("catalog_name"), fields.get("schema_name"), fields["name"])
        return ".".join(str(part) for part in parts if part)

    def create(self, it: Instance) -> str:
        """Make it, then give it its owner."""
        it.api.post(f"{ROOT}/{self.folder}", without_zeros(pick(it.fields, *self.created_with)))
        it.exists(self.identifier(it.fields))
        self.after_create(it)
        return it.id

    def after_create(self, it: Instance) -> None:
        """What a creation can't say at once."""
        if it.fields.get("owner"):
            it.api.patch(self.path(it.id), pick(it.fields, "owner"))

    def read(self, it: Instance) -> Values | None:
        """The securable as it is."""
        found: Values | None = it.api.find(self.path(it.id))
        return found

    def update(self, it: Instance) -> None:
        """The owner first and alone, then the rest."""
        if self.asks_metastore:
            current_workspace(it.api)
        if "owner" in it.changed:
            it.api.patch(self.path(it.id), pick(it.fields, "owner"))
        if it.changed - {"owner"}:
            removed = changed_only(it.fields, it.changed - it.fields.keys(), *self.updated_with)
            it.api.patch(self.path(it.id), {**self.body(it.fields), **removed})

    def body(self, fields: Values) -> Values:
        """What an update sends beside what was removed."""
        body: Values = without_zeros(pick(fields, *self.updated_with))
        return body

    def delete(self, it: Instance) -> None:
        """Remove it, with everything in it when `forceDestroy` says so."""
        if self.asks_metastore:
            current_workspace(it.api)
        query = {"force": "true"} if it.state.get("force_destroy") else None
        it.api.remove("DELETE", self.path(it.id), query=query)


class Catalog(Securable):
    """A catalog. A changed name is sent to nobody: the real plugin ignores it."""

    token = "databricks:index/catalog:Catalog"  # noqa: S105
    local = frozenset({"force_destroy"})
    folder = "catalogs"
    asks_metastore = True
    created_with = (
        "comment",
        "connection_name",
        "custom_max_retention_hours",
        "managed_encryption_settings",
        "name",
        "options",
        "properties",
        "provider_name",
        "share_name",
        "storage_root",
    )
    updated_with = (
        "comment",
        "custom_max_retention_hours",
        "enable_predictive_optimization",
        "isolation_mode",
        "managed_encryption_settings",
        "options",
        "properties",
    )

    def after_create(self, it: Instance) -> None:
        """Drop the schema that a new catalog comes with; owner, isolation and bindings."""
        if not it.fields.get("share_name") and not it.fields.get("connection_name"):
            it.api.remove("DELETE", f"{ROOT}/schemas/{path_part(it.id + '.default')}")
        if any(it.fields.get(name) for name in ("owner", "isolation_mode", "enable_predictive_optimization")):
            it.api.patch(self.path(it.id), without_zeros(pick(it.fields, "owner", *self.updated_with)))
        self._bind(it, it.fields)

    def update(self, it: Instance) -> None:
        """As every securable; an isolated one is bound again."""
        super().update(it)
        if it.changed - {"owner"}:
            self._bind(it, it.fields)

    def delete(self, it: Instance) -> None:
        """An isolated catalog is first assigned to this workspace, or it could not be seen."""
        current_workspace(it.api)
        if it.state.get("isolation_mode") == "ISOLATED":
            path = f"{ROOT}/workspace-bindings/catalogs/{path_part(it.id)}"
            it.api.patch(path, {"assign_workspaces": [current_workspace(it.api)]})
        query = {"force": "true"} if it.state.get("force_destroy") else None
        it.api.remove("DELETE", self.path(it.id), query=query)

    def _bind(self, it: Instance, fields: Values) -> None:
        if fields.get("isolation_mode") == "ISOLATED":
            bind(it.api, "catalog", it.id)


class Schema(Securable):
    """A schema."""

    token = "databricks:index/schema:Schema"  # noqa: S105
    local = frozenset({"force_destroy"})
    folder = "schemas"
    asks_metastore = True
    created_with = ("catalog_name", "comment", "name", "properties", "storage_root")
    updated_with = ("comment", "enable_predictive_optimization", "properties")

    def after_create(self, it: Instance) -> None:
        """Owner and predictive optimization."""
        if it.fields.get("owner") or it.fields.get("enable_predictive_optimization"):
            it.api.patch(self.path(it.id), without_zeros(pick(it.fields, "owner", *self.updated_with)))


class Volume(Securable):
    """A volume."""

    token = "databricks:index/volume:Volume"  # noqa: S105
    suggested = frozenset({"storage_location"})
    folder = "volumes"
    created_with = ("catalog_name", "comment", "name", "schema_name", "storage_location", "volume_type")
    updated_with = ("comment",)

    def read(self, it: Instance) -> Values | None:
        """The volume, and the path under which its files are."""
        found = super().read(it)
        return found and {**found, "volume_path": "/Volumes/" + it.id.replace(".", "/")}


class RegisteredModel(Securable):
    """A registered model. Declared aliases are never sent: jobs own them."""

    token = "databricks:index/registeredModel:RegisteredModel"  # noqa: S105
    local = frozenset({"aliases"})
    folder = "models"
    created_with = ("catalog_name", "comment", "name", "schema_name", "storage_location")
    updated_with = (
        "catalog_name",
        "comment",
        "created_at",
        "created_by",
        "metastore_id",
        "name",
        "schema_name",
        "storage_location",
        "updated_at",
        "updated_by",
    )

    def update(self, it: Instance) -> None:
        """The whole of it twice, as the real plugin does: once for the owner, once for the rest."""
        body = self.body(it.fields)
        removed = changed_only(it.fields, it.changed - it.fields.keys(), "comment")
        owner = pick(it.fields, "owner") if "owner" in it.changed else {}
        it.api.patch(self.path(it.id), {**body, **removed, **owner})
        it.api.patch(self.path(it.id), {**body, **removed})


TYPES = (Catalog(), Schema(), Volume(), RegisteredModel())
