"""Unity Catalog's way to cloud storage: credentials and external locations."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.kinds import Instance
from mlops_sandbox.providers.databricks.unity import Securable, bind, current_workspace


class StorageCredential(Securable):
    """A storage credential of a workspace's metastore."""

    token = "databricks:index/storageCredential:StorageCredential"  # noqa: S105
    local = absent = frozenset({"force_destroy", "force_update", "skip_validation"})
    folder = "storage-credentials"
    asks_metastore = True
    _identities = (
        "aws_iam_role",
        "azure_managed_identity",
        "azure_service_principal",
        "cloudflare_api_token",
        "databricks_gcp_service_account",
        "gcp_service_account_key",
    )
    created_with = (*_identities, "comment", "name", "read_only", "skip_validation")
    updated_with = (*_identities, "comment", "isolation_mode", "read_only")

    def read(self, it: Instance) -> Values | None:
        """The credential; its own ID has another name in the state."""
        found = super().read(it)
        return found and {**found, "storage_credential_id": found.get("id")}

    def after_create(self, it: Instance) -> None:
        """Owner and isolation."""
        if it.fields.get("owner") or it.fields.get("isolation_mode"):
            it.api.patch(self.path(it.id), without_zeros(pick(it.fields, "owner", "isolation_mode")))
        self._bind(it, it.fields)

    def update(self, it: Instance) -> None:
        """As every securable; an isolated one is bound again."""
        super().update(it)
        self._bind(it, it.fields)

    def delete(self, it: Instance) -> None:
        """An isolated credential is bound to this workspace first, or it could not be seen."""
        current_workspace(it.api)
        self._bind(it, it.state)
        query = {"force": "true"} if it.state.get("force_destroy") else None
        it.api.remove("DELETE", self.path(it.id), query=query)

    def _bind(self, it: Instance, fields: Values) -> None:
        if fields.get("isolation_mode") == "ISOLATION_MODE_ISOLATED":
            bind(it.api, "storage_credential", it.id)


class ExternalLocation(Securable):
    """A place in a cloud's storage, opened by a storage credential."""

    token = "databricks:index/externalLocation:ExternalLocation"  # noqa: S105
    local = absent = frozenset({"force_destroy", "force_update", "skip_validation"})
    folder = "external-locations"
    asks_metastore = True
    _switches = frozenset({"enable_file_events", "fallback", "read_only"})
    created_with = (
        "comment",
        "credential_name",
        "enable_file_events",
        "encryption_details",
        "fallback",
        "file_event_queue",
        "name",
        "read_only",
        "skip_validation",
        "url",
    )
    updated_with = (
        "comment",
        "credential_name",
        "enable_file_events",
        "encryption_details",
        "fallback",
        "file_event_queue",
        "isolation_mode",
        "read_only",
        "skip_validation",
        "url",
    )

    def after_create(self, it: Instance) -> None:
        """Owner and isolation, together with the rest."""
        if it.fields.get("owner") or it.fields.get("isolation_mode"):
            it.api.patch(self.path(it.id), without_zeros(pick(it.fields, "owner", *self.updated_with)))
            self._bind(it)

    def update(self, it: Instance) -> None:
        """The owner first and alone; then the rest, a switch that was turned off among it."""
        current_workspace(it.api)
        if "owner" in it.changed:
            it.api.patch(self.path(it.id), pick(it.fields, "owner"))
        if it.changed - {"owner"}:
            it.api.patch(self.path(it.id), self._changed(it))
            self._bind(it)

    def _changed(self, it: Instance) -> Values:
        """What an update sends; by force, also while others use the location."""
        body = {**self.body(it.fields), **({"force": True} if it.fields.get("force_update") else {})}
        body |= {name: bool(it.fields.get(name)) for name in self._switches & it.changed}
        if not body.get("enable_file_events"):
            body.pop("file_event_queue", None)
        return body

    def _bind(self, it: Instance) -> None:
        if it.fields.get("isolation_mode") == "ISOLATION_MODE_ISOLATED":
            bind(it.api, "external_location", it.id)


TYPES = (StorageCredential(), ExternalLocation())
