"""Permissions of workspace objects: one resource owns an object's whole access control list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import DatabricksApi, is_missing
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_ROOT = "/api/2.0/permissions"


@dataclass(frozen=True)
class Object:
    """A kind of object that has permissions."""

    folder: str
    """In the permissions API's path and in the resource's ID."""
    by_path: bool = False
    """Whether the property holds a workspace path rather than an ID."""
    keeps_manager: bool = False
    """Whether the caller is always added with CAN_MANAGE."""
    creator: tuple[str, str] | None = None
    """For what has an owner: where its creator is asked for, and in which field the answer has it."""


OBJECTS = {
    "alert_v2_id": Object("alertsv2", keeps_manager=True),
    "app_name": Object("apps", keeps_manager=True),
    "authorization": Object("authorization"),
    "cluster_id": Object("clusters", keeps_manager=True),
    "cluster_policy_id": Object("cluster-policies"),
    "dashboard_id": Object("dashboards"),
    "database_instance_name": Object("database-instances", keeps_manager=True),
    "directory_id": Object("directories"),
    "directory_path": Object("directories", by_path=True),
    "experiment_id": Object("experiments"),
    "instance_pool_id": Object("instance-pools", keeps_manager=True),
    "job_id": Object("jobs", creator=("/api/2.2/jobs/get?job_id=", "creator_user_name")),
    "notebook_id": Object("notebooks"),
    "notebook_path": Object("notebooks", by_path=True),
    "pipeline_id": Object("pipelines", creator=("/api/2.0/pipelines/", "creator_user_name")),
    "registered_model_id": Object("registered-models", keeps_manager=True),
    "repo_id": Object("repos"),
    "repo_path": Object("repos", by_path=True),
    "serving_endpoint_id": Object("serving-endpoints", keeps_manager=True),
    "sql_alert_id": Object("sql/alerts", keeps_manager=True),
    "sql_dashboard_id": Object("dbsql-dashboards", keeps_manager=True),
    "sql_endpoint_id": Object(
        "sql/warehouses", keeps_manager=True, creator=("/api/2.0/sql/warehouses/", "creator_name")
    ),
    "sql_query_id": Object("sql/queries", keeps_manager=True),
    "vector_search_endpoint_id": Object("vector-search-endpoints", keeps_manager=True),
    "workspace_file_id": Object("files"),
    "workspace_file_path": Object("files", by_path=True),
}
"""By the property that says what the permissions are on."""


def me(api: DatabricksApi) -> str:
    """The caller's user name, or application ID."""
    answer = api.get("/api/2.0/preview/scim/v2/Me", {"excludedAttributes": "entitlements"})
    return str(answer["userName"])


def _principal(name: str) -> Values:
    return {"user_name" if "@" in name else "service_principal_name": name}


def _named(fields: Values) -> tuple[str, str, Object]:
    for name, kind in OBJECTS.items():
        if fields.get(name):
            return name, str(fields[name]), kind
    raise ResourceError(f"one of {', '.join(sorted(OBJECTS))} must say what the permissions are on")


def _kind_of(identifier: str) -> Object:
    folder = identifier.strip("/").rsplit("/", 1)[0]
    for kind in OBJECTS.values():
        if kind.folder == folder:
            return kind
    raise ResourceError(f"{identifier} is no object with permissions; an ID looks like /jobs/123")


class Permissions(DatabricksType):
    """An object's access control list; its ID is `/jobs/123`."""

    token = "databricks:index/permissions:Permissions"  # noqa: S105
    local = frozenset(OBJECTS)

    def create(self, it: Instance) -> str:
        """Put the list."""
        _, value, kind = _named(it.fields)
        if kind.by_path:
            value = str(it.api.get("/api/2.0/workspace/get-status", {"path": value})["object_id"])
        identifier = f"/{kind.folder}/{value}"
        self._put(it, identifier, kind)
        return identifier

    def update(self, it: Instance) -> None:
        """Put the list again."""
        self._put(it, it.id, _kind_of(it.id))

    def _put(self, it: Instance, identifier: str, kind: Object) -> None:
        caller = me(it.api)
        entries = [dict(entry) for entry in it.fields["access_control"]]
        if any(entry.get("group_name") == "admins" for entry in entries):
            raise ResourceError("the admins' permissions can't be changed: leave the group admins out")
        mine = [entry for entry in entries if caller in entry.values()]
        if kind.keeps_manager and not mine:
            entries.append({**_principal(caller), "permission_level": "CAN_MANAGE"})
        self._send(it.api, identifier, _with_owner(entries, kind, caller))

    def _send(self, api: DatabricksApi, identifier: str, entries: list[Values]) -> None:
        sent = [{key: value for key, value in entry.items() if value} for entry in entries]
        api.put(_ROOT + identifier, {"access_control_list": sent})

    def read(self, it: Instance) -> Values | None:
        """The list without what is inherited, the admins, and the caller if the program does not name him."""
        caller = me(it.api)
        found = it.api.find(_ROOT + it.id)
        if found is None:
            return None
        known = (it.fields or it.state).get("access_control", [])
        entries = [
            {**_who(entry), "permission_level": permission["permission_level"]}
            for entry in found.get("access_control_list", [])
            for permission in entry.get("all_permissions", [])
            if not permission.get("inherited") and entry.get("group_name") != "admins"
        ]
        named = any(caller in entry.values() for entry in known)
        shown = [entry for entry in entries if named or caller not in entry.values()]
        answer: Values = {"access_control": shown, "object_type": found.get("object_type")}
        if not any(it.state.get(name) or it.fields.get(name) for name in OBJECTS):
            answer.update(_imported(it.id))
        return answer

    def delete(self, it: Instance) -> None:
        """Leave the object to its creator, or to the caller."""
        kind = _kind_of(it.id)
        try:
            it.api.get(_ROOT + it.id)
            owner = _creator(it.api, it.id, kind)
            entries: list[Values] = []
            if kind.keeps_manager:
                entries.append({**_principal(me(it.api)), "permission_level": "CAN_MANAGE"})
            self._send(it.api, it.id, _with_owner(entries, kind, owner))
        except OSError as error:
            if not is_missing(error):
                raise


def _creator(api: DatabricksApi, identifier: str, kind: Object) -> str:
    if kind.creator is None:
        return ""
    path, field = kind.creator
    own = identifier.rsplit("/", 1)[-1]
    found: Any = api.get(path.partition("?")[0], {"job_id": own}) if "?" in path else api.get(path + own)
    return str(found.get(field, ""))


def _with_owner(entries: list[Values], kind: Object, owner: str) -> list[Values]:
    owned = any(entry.get("permission_level") == "IS_OWNER" for entry in entries)
    if kind.creator is None or owned or not owner:
        return entries
    return [*entries, {**_principal(owner), "permission_level": "IS_OWNER"}]


def _who(entry: Values) -> Values:
    names = ("group_name", "service_principal_name", "user_name")
    return {name: entry[name] for name in names if entry.get(name)}


def _imported(identifier: str) -> Values:
    kind = _kind_of(identifier)
    name = next(name for name, other in OBJECTS.items() if other.folder == kind.folder and not other.by_path)
    return {name: identifier.rsplit("/", 1)[-1]}


TYPES = (Permissions(),)
