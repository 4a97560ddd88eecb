"""Cluster policies: `/api/2.0/policies/clusters/*` and `/api/2.0/policy-families`."""

from __future__ import annotations

import json
import secrets
import time

from mlops_sandbox.databricks import permissions
from mlops_sandbox.databricks.principals import admins_only
from mlops_sandbox.errors import invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document, Store

routes = Routes()

_KIND = "cluster_policy"
_FIELDS = (
    "name",
    "definition",
    "description",
    "libraries",
    "max_clusters_per_user",
    "policy_family_id",
    "policy_family_definition_overrides",
)
_FAMILIES = {
    "personal-vm": ("Personal Compute", "A single node for one person."),
    "power-user": ("Power User Compute", "A multi-node cluster for one person."),
    "shared-compute": ("Shared Compute", "A cluster that many people share."),
    "job-cluster": ("Job Compute", "The defaults of automated jobs."),
}
_FAMILY_DEFINITION = json.dumps({"spark_version": {"type": "unlimited", "defaultValue": "auto:latest-lts"}})


def _policy(store: Store, policy_id: str) -> Document:
    found = store.get(_KIND, policy_id)
    if found is None:
        raise not_found(f"Cluster policy {policy_id} does not exist.")
    return found


def _checked_rules(text: object, field: str) -> None:
    try:
        rules = json.loads(str(text))
    except ValueError as error:
        raise invalid(f"Policy {field} is not JSON: {error}") from None
    if not isinstance(rules, dict) or not all(isinstance(rule, dict) for rule in rules.values()):
        raise invalid(f"Policy {field} must be an object of rules, one object for each attribute.")


def _given(call: Call) -> Document:
    """The body's settings, checked."""
    given = {field: call.body[field] for field in _FIELDS if call.body.get(field) is not None}
    if not 1 <= len(str(call.required("name"))) <= 100:
        raise invalid("A policy's name has 1 to 100 characters.")
    family = given.get("policy_family_id")
    if family is not None and family not in _FAMILIES:
        raise not_found(f"Policy family {family} does not exist.")
    if ("definition" in given) == (family is not None):
        raise invalid("A policy has either a definition or a policy_family_id.")
    for field in ("definition", "policy_family_definition_overrides"):
        if field in given:
            _checked_rules(given[field], field)
    return given


def _free_name(store: Store, name: str, policy_id: str) -> None:
    for taken in store.documents(_KIND):
        if taken["name"] == name and taken["policy_id"] != policy_id:
            raise invalid(f"Cluster policy with name {name} already exists.")


def _effective(document: Document) -> Json:
    """A policy as it is answered: one of a family carries the family's rules under its own."""
    if "policy_family_id" not in document:
        return document
    overrides = json.loads(document.get("policy_family_definition_overrides", "{}"))
    return {**document, "definition": json.dumps({**json.loads(_FAMILY_DEFINITION), **overrides})}


def effective_policy(store: Store, policy_id: str) -> Json | None:
    """A policy with the rules that hold; None when there is none of that id."""
    found = store.get(_KIND, policy_id)
    return found and _effective(found)


@routes.post("/api/2.0/policies/clusters/create")
@admins_only
def create_policy(call: Call) -> Json:
    """Make a policy."""
    given = _given(call)
    policy_id = secrets.token_hex(8).upper()
    with call.store.transaction():
        _free_name(call.store, given["name"], policy_id)
        made = {
            **given,
            "policy_id": policy_id,
            "creator_user_name": call.user,
            "created_at_timestamp": int(time.time() * 1000),
            "is_default": False,
        }
        call.store.put(_KIND, policy_id, made)
        permissions.on_create(call.store, "cluster-policies", policy_id, call.user)
    return {"policy_id": policy_id}


@routes.post("/api/2.0/policies/clusters/edit")
@admins_only
def edit_policy(call: Call) -> Json:
    """Replace a policy's settings."""
    policy_id = call.required("policy_id")
    given = _given(call)
    with call.store.transaction():
        old = _policy(call.store, policy_id)
        _free_name(call.store, given["name"], policy_id)
        kept = {name: value for name, value in old.items() if name not in _FIELDS}
        call.store.put(_KIND, policy_id, {**given, **kept})
    return {}


@routes.get("/api/2.0/policies/clusters/get")
def get_policy(call: Call) -> Json:
    """One policy."""
    return _effective(_policy(call.store, call.required("policy_id")))


@routes.get("/api/2.0/policies/clusters/list")
def list_policies(call: Call) -> Json:
    """All policies."""
    policies = [_effective(each) for each in call.store.documents(_KIND)]
    return {"policies": policies, "total_count": len(policies)}


@routes.post("/api/2.0/policies/clusters/delete")
@admins_only
def delete_policy(call: Call) -> Json:
    """Delete a policy."""
    policy_id = call.required("policy_id")
    with call.store.transaction():
        _policy(call.store, policy_id)
        call.store.delete(_KIND, policy_id)
        permissions.on_delete(call.store, "cluster-policies", policy_id)
    return {}


def _family(family_id: str) -> Json:
    name, description = _FAMILIES[family_id]
    return {
        "policy_family_id": family_id,
        "name": name,
        "description": description,
        "definition": _FAMILY_DEFINITION,
    }


@routes.get("/api/2.0/policy-families")
def list_families(_call: Call) -> Json:
    """The families that a policy may be of."""
    return {"policy_families": [_family(each) for each in _FAMILIES]}


@routes.get("/api/2.0/policy-families/{id}")
def get_family(call: Call) -> Json:
    """One family."""
    if call.path["id"] not in _FAMILIES:
        raise not_found(f"Policy family {call.path['id']} does not exist.")
    return _family(call.path["id"])
