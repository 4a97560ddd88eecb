"""Vector search endpoints: `/api/2.0/vector-search/endpoints`. They are online at once."""

from __future__ import annotations

import time
import uuid

from mlops_sandbox.databricks import permissions
from mlops_sandbox.errors import already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

API = "/api/2.0/vector-search/endpoints"
_KIND = "vector_search_endpoint"
INDEX = "vector_index"
_TYPES = ("STANDARD", "STORAGE_OPTIMIZED")


def endpoint(call: Call, name: str) -> Document:
    """The endpoint of that name; raises 404."""
    found = call.store.get(_KIND, name)
    if found is None:
        raise not_found(f"Vector search endpoint {name} not found.")
    return found


def indexes_of(call: Call, name: str) -> list[Document]:
    """The indexes that an endpoint of this workspace serves."""
    every = call.metastore.documents(INDEX)
    return [each for each in every if (each["endpoint_name"], each["_workspace"]) == (name, call.workspace)]


def _answer(call: Call, document: Document) -> Json:
    return {**document, "num_indexes": len(indexes_of(call, document["name"]))}


def _touched(call: Call) -> Json:
    return {"last_updated_timestamp": int(time.time() * 1000), "last_updated_user": call.user}


@routes.post(API)
def create_endpoint(call: Call) -> Json:
    """Make an endpoint."""
    name, kind = str(call.required("name")), str(call.required("endpoint_type"))
    if kind not in _TYPES:
        known = ", ".join(_TYPES)
        raise invalid(f"endpoint_type is {kind!r}; it can be {known}.")
    policy = call.body.get("budget_policy_id")
    document: Document = {
        "id": str(uuid.uuid4()),
        "name": name,
        "endpoint_type": kind,
        "creator": call.user,
        "creation_timestamp": int(time.time() * 1000),
        **_touched(call),
        "endpoint_status": {"state": "ONLINE"},
        **({"budget_policy_id": policy, "effective_budget_policy_id": policy} if policy else {}),
    }
    with call.store.transaction():
        if call.store.get(_KIND, name) is not None:
            raise already_exists(f"Vector search endpoint {name} already exists.")
        permissions.on_create(call.store, "vector-search-endpoints", document["id"], call.user)
        return _answer(call, call.store.put(_KIND, name, document))


@routes.get(API)
def list_endpoints(call: Call) -> Json:
    """All endpoints."""
    return {"endpoints": [_answer(call, each) for each in call.store.documents(_KIND)]}


@routes.get(f"{API}/{{endpoint}}")
def get_endpoint(call: Call) -> Json:
    """One endpoint."""
    return _answer(call, endpoint(call, call.path["endpoint"]))


@routes.delete(f"{API}/{{endpoint}}")
def delete_endpoint(call: Call) -> Json:
    """Delete an endpoint that serves no index."""
    with call.store.transaction():
        gone = endpoint(call, call.path["endpoint"])
        held = indexes_of(call, gone["name"])
        if held:
            raise invalid(f"Endpoint {gone['name']} still serves {len(held)} indexes, as {held[0]['name']}.")
        call.store.delete(_KIND, gone["name"])
        permissions.on_delete(call.store, "vector-search-endpoints", gone["id"])
    return {}


def _changed(call: Call, changes: Json) -> Document:
    with call.store.transaction():
        before = endpoint(call, call.path["endpoint"])
        return call.store.put(_KIND, before["name"], {**before, **changes, **_touched(call)})


@routes.patch(f"{API}/{{endpoint}}/budget-policy")
def set_budget_policy(call: Call) -> Json:
    """Give the endpoint another budget policy."""
    policy = str(call.required("budget_policy_id"))
    chosen = {"budget_policy_id": policy, "effective_budget_policy_id": policy}
    _changed(call, chosen)
    return chosen


@routes.patch(f"{API}/{{endpoint}}/tags")
def set_tags(call: Call) -> Json:
    """Replace the endpoint's tags."""
    tags = call.body.get("custom_tags") or []
    _changed(call, {"custom_tags": tags})
    return {"custom_tags": tags}
