"""The metastore: what Unity Catalog keeps for all workspaces, as one of them sees it."""

from __future__ import annotations

from dataclasses import dataclass

from mlops_sandbox.errors import ApiError
from mlops_sandbox.store import Document, Store

#: The kind of the documents that say which workspaces may use an isolated catalog.
BINDINGS = "catalog_bindings"


@dataclass(frozen=True)
class Metastore(Store):
    """The documents of the metastore."""

    seen_from: str = ""
    """The workspace that looks: a catalog that is isolated from it can't be used there."""

    def binding(self, catalog: Document) -> str | None:
        """How the workspace may use a catalog: a binding type; None, not at all."""
        if catalog.get("isolation_mode") != "ISOLATED":
            return "BINDING_TYPE_READ_WRITE"
        bound = (self.get(BINDINGS, str(catalog["name"])) or {}).get("bindings", [])
        held = [each for each in bound if str(each["workspace_id"]) == self.seen_from]
        return str(held[0]["binding_type"]) if held else None

    def may_write(self, catalog: str) -> bool:
        """Whether the workspace may change what is in a catalog."""
        found = self.get("catalog", catalog)
        return found is None or self.binding(found) == "BINDING_TYPE_READ_WRITE"

    def check_binding(self, catalog: str, *, writes: bool = False) -> None:
        """Refuse a catalog that the workspace must not use; one that is not there is no matter here.

        Raises:
            ApiError: 403, it is isolated, or bound for reading only and the call writes.
        """
        found = self.get("catalog", catalog)
        if found is None:
            return
        binding = self.binding(found)
        if binding is None:
            message = f"Catalog '{catalog}' is not accessible in current workspace"
            raise ApiError(403, "PERMISSION_DENIED", message)
        if writes and binding == "BINDING_TYPE_READ_ONLY":
            message = f"Catalog '{catalog}' is read-only in current workspace"
            raise ApiError(403, "PERMISSION_DENIED", message)
