"""Unity Catalog: storage credentials and external locations, and the workspaces that isolated ones are for.

They are kept and held against each other; no cloud is asked whether a credential opens a location.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlops_sandbox.databricks.shapes import shaped
from mlops_sandbox.databricks.unity import grants
from mlops_sandbox.databricks.unity.access import require, require_change, require_on_metastore
from mlops_sandbox.databricks.unity.securables import (
    made_by,
    missing,
    new_id,
    new_name,
    page,
    taken,
    touched_by,
)
from mlops_sandbox.errors import ApiError, denied, invalid
from mlops_sandbox.metastore import Metastore
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_API = "/api/2.1/unity-catalog"
_CREDENTIAL, _LOCATION = "storage_credential", "external_location"
_OPEN, _ISOLATED = "ISOLATION_MODE_OPEN", "ISOLATION_MODE_ISOLATED"
_BINDINGS = "storage_bindings"
_IDENTITIES = {
    "aws_iam_role": "AWS_IAM_ROLE",
    "azure_managed_identity": "AZURE_MANAGED_IDENTITY",
    "azure_service_principal": "AZURE_SERVICE_PRINCIPAL",
    "cloudflare_api_token": "CLOUDFLARE_API_TOKEN",
    "databricks_gcp_service_account": "DATABRICKS_GCP_SERVICE_ACCOUNT",
}
_SCHEMES = ("s3", "abfss", "gs", "r2", "wasbs")
#: What assumes a customer's role: the account of AWS that Databricks is in.
_ASSUMED_BY = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"


def _visible(call: Call, kind: str, name: str) -> Document:
    """The securable; 404 when there is none, 403 when it is for other workspaces."""
    found = call.metastore.get(kind, name.lower())
    if found is None:
        raise missing(kind, name)
    if found["isolation_mode"] == _ISOLATED and int(call.workspace) not in _bound(call.metastore, kind, name):
        what = kind.replace("_", " ").capitalize()
        raise denied(f"{what} '{name}' is not accessible in current workspace")
    return found


def _bound(store: Metastore, kind: str, name: str) -> dict[int, Json]:
    kept = store.get(_BINDINGS, f"{kind}/{name.lower()}") or {}
    return {int(each["workspace_id"]): each for each in kept.get("bindings", [])}


def _credential(call: Call, given: Json) -> Json:
    """The identity of a credential, with what the service adds to it."""
    found = [name for name in _IDENTITIES if name in given]
    if len(found) != 1:
        raise invalid(f"A storage credential has exactly one of {', '.join(_IDENTITIES)}.")
    name = found[0]
    settings = {field: value for field, value in given[name].items() if "secret" not in field}
    if name == "aws_iam_role":
        if not settings.get("role_arn"):
            raise invalid("aws_iam_role.role_arn is missing.")
        # Customers write the external id into their role: it stays when the credential changes.
        settings = {"external_id": new_id(), **settings, "unity_catalog_iam_arn": _ASSUMED_BY}
    if name == "databricks_gcp_service_account":
        email = f"db-uc-{call.workspace}@sandbox.iam.gserviceaccount.com"
        settings = {"email": email, "credential_id": new_id(), **settings}
    return {name: settings, "credential_type": _IDENTITIES[name]}


def _location(call: Call, given: Json, name: str) -> Json:
    """The place of a location: its credential must be there, and no other location above or below it."""
    credential = _visible(call, _CREDENTIAL, str(given.get("credential_name") or ""))
    url = str(given.get("url") or "")
    if url.partition("://")[0] not in _SCHEMES:
        raise invalid(
            f"url is {url!r}; it must begin with one of {', '.join(f'{each}://' for each in _SCHEMES)}."
        )
    place = url.rstrip("/") + "/"
    for other in call.metastore.documents(_LOCATION):
        taken_place = other["url"].rstrip("/") + "/"
        if other["name"] != name and (place.startswith(taken_place) or taken_place.startswith(place)):
            message = f"Input path url '{url}' overlaps with other external location '{other['name']}'"
            raise ApiError(400, "LOCATION_OVERLAP", message)
    return {"credential_name": credential["name"], "credential_id": credential["id"], "url": url}


@dataclass(frozen=True)
class _Kind:
    """Storage credentials, or external locations."""

    kind: str
    folder: str
    shape: str
    settable: tuple[str, ...]

    def completed(self, call: Call, document: Document) -> Document:
        """With what depends on others, checked."""
        if document["isolation_mode"] not in (_OPEN, _ISOLATED):
            raise invalid(f"isolation_mode must be {_OPEN} or {_ISOLATED}.")
        if self.kind == _CREDENTIAL:
            return {**document, **_credential(call, document)}
        return {**document, **_location(call, document, document["name"])}

    def create(self, call: Call) -> Json:
        """Make one."""
        require_on_metastore(call, f"CREATE_{self.kind.upper()}")
        name = new_name(call)
        given = {field: value for field, value in self.given(call).items() if field in self.settable}
        document: Document = {
            "read_only": False,
            "isolation_mode": _OPEN,
            **made_by(call.user),
            **self.more(name),
            **given,
            "name": name,
        }
        with call.metastore.transaction():
            if call.metastore.get(self.kind, name) is not None:
                raise taken(self.kind, name)
            return call.metastore.put(self.kind, name, self.completed(call, document))

    def given(self, call: Call) -> Json:
        """The body's fields."""
        return shaped(self.shape, call.body)

    def more(self, name: str) -> Json:
        """What each kind has of its own."""
        if self.kind == _LOCATION:
            return {"browse_only": False, "fallback": False, "effective_enable_file_events": False}
        return {
            "id": new_id(),
            "full_name": name,
            "securable_type": "STORAGE_CREDENTIAL",
            "used_for_managed_storage": False,
        }

    def list(self, call: Call) -> Json:
        """All that the workspace may use, by name."""
        seen = [
            each
            for each in call.metastore.documents(self.kind)
            if each["isolation_mode"] == _OPEN
            or int(call.workspace) in _bound(call.metastore, self.kind, each["name"])
        ]
        return page(call, self.folder.replace("-", "_"), seen, lambda item: str(item["name"]))

    def get(self, call: Call) -> Json:
        """One."""
        return _visible(call, self.kind, call.path["name"])

    def update(self, call: Call) -> Json:
        """Change what is given."""
        with call.metastore.transaction():
            # Not `_visible`: the call that isolates is answered, and so is the one that ends it.
            before = call.metastore.get(self.kind, call.path["name"].lower())
            if before is None:
                raise missing(self.kind, call.path["name"])
            require_change(call, self.kind, before["name"])
            given = {field: value for field, value in self.given(call).items() if field in self.settable}
            identities = _IDENTITIES if given.keys() & _IDENTITIES.keys() else {}
            kept = {field: value for field, value in before.items() if field not in identities}
            for field in given.keys() & before.keys() & _IDENTITIES.keys():
                given[field] = {**before[field], **given[field]}
            after = {**kept, **given, **touched_by(call.user)}
            if call.body.get("comment") == "":
                after.pop("comment", None)
            after = self.completed(call, after) if given.keys() - {"owner", "comment"} else after
            return call.metastore.put(self.kind, before["name"], after)

    def delete(self, call: Call) -> Json:
        """Delete one; a credential that locations use only by force."""
        with call.metastore.transaction():
            name = _visible(call, self.kind, call.path["name"])["name"]
            require(call, self.kind, name, "MANAGE")
            using = [
                each["name"]
                for each in call.metastore.documents(_LOCATION)
                if self.kind == _CREDENTIAL and each["credential_name"] == name
            ]
            if using and call.get("force") != "true":
                message = f"Storage credential '{name}' is used by external location '{using[0]}'."
                raise ApiError(400, "INVALID_STATE", message)
            call.metastore.delete(self.kind, name)
            call.metastore.delete(_BINDINGS, f"{self.kind}/{name}")
            grants.forget(call.metastore, self.kind, name)
        return {}

    def get_bindings(self, call: Call) -> Json:
        """The workspaces that an isolated one is for."""
        return {"bindings": list(_bound(call.metastore, self.kind, call.path["name"]).values())}

    def update_bindings(self, call: Call) -> Json:
        """Add and remove workspaces."""
        name = call.path["name"].lower()
        with call.metastore.transaction():
            if call.metastore.get(self.kind, name) is None:
                raise missing(self.kind, name)
            bound = _bound(call.metastore, self.kind, name)
            for each in call.body.get("remove") or []:
                bound.pop(int(each["workspace_id"]), None)
            for each in call.body.get("add") or []:
                bound[int(each["workspace_id"])] = {"binding_type": "BINDING_TYPE_READ_WRITE", **each}
            call.metastore.put(_BINDINGS, f"{self.kind}/{name}", {"bindings": list(bound.values())})
        return {"bindings": list(bound.values())}


_SHARED = ("comment", "isolation_mode", "owner", "read_only")
for _each in (
    _Kind(_CREDENTIAL, "storage-credentials", "catalog.StorageCredentialInfo", (*_SHARED, *_IDENTITIES)),
    _Kind(
        _LOCATION,
        "external-locations",
        "catalog.ExternalLocationInfo",
        (
            *_SHARED,
            "credential_name",
            "enable_file_events",
            "encryption_details",
            "fallback",
            "file_event_queue",
            "url",
        ),
    ),
):
    routes.post(f"{_API}/{_each.folder}")(_each.create)
    routes.get(f"{_API}/{_each.folder}")(_each.list)
    routes.get(f"{_API}/{_each.folder}/{{name}}")(_each.get)
    routes.patch(f"{_API}/{_each.folder}/{{name}}")(_each.update)
    routes.delete(f"{_API}/{_each.folder}/{{name}}")(_each.delete)
    routes.get(f"{_API}/bindings/{_each.kind}/{{name}}")(_each.get_bindings)
    routes.patch(f"{_API}/bindings/{_each.kind}/{{name}}")(_each.update_bindings)
