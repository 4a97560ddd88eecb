"""Groups, and who is in them."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_sandbox.providers.azuredevops.client import DevOpsApi, path_part
from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values

_TOLD = {
    "displayName": "display_name",
    "description": "description",
    "descriptor": "descriptor",
    "domain": "domain",
    "mailAddress": "mail",
    "origin": "origin",
    "originId": "origin_id",
    "principalName": "principal_name",
    "subjectKind": "subject_kind",
    "url": "url",
}


def descriptor(api: DevOpsApi, key: object) -> str:
    """What the graph calls the project, group or user of that ID."""
    return str(api.get(api.graph(f"descriptors/{path_part(key)}"))["value"])


def storage_key(api: DevOpsApi, subject: object) -> str:
    """The ID of what the graph calls so."""
    return str(api.get(api.graph(f"storagekeys/{path_part(subject)}"))["value"])


def _members(api: DevOpsApi, group: object) -> list[str]:
    query = {"direction": "down", "depth": 1}
    found = api.get(api.graph(f"memberships/{path_part(group)}"), query)["value"]
    return [each["memberDescriptor"] for each in found]


def _add(api: DevOpsApi, group: object, members: Iterable[str]) -> None:
    for member in sorted(members):
        api.call("PUT", api.graph(f"memberships/{path_part(member)}/{path_part(group)}"))


def _remove(api: DevOpsApi, group: object, members: Iterable[str]) -> None:
    for member in sorted(members):
        api.remove(api.graph(f"memberships/{path_part(member)}/{path_part(group)}"))


class Group(DevOpsType):
    """A group; its ID is its descriptor."""

    token = "azuredevops:index/group:Group"  # noqa: S105
    local = frozenset({"scope"})

    def prepare(self, inputs: Values) -> None:
        """A group is made here, or comes from a directory."""
        if not any(inputs.get(name) for name in ("displayName", "mail", "originId")):
            raise ResourceError("a group needs displayName, mail or originId")

    def create(self, it: Instance) -> str:
        """Make it, or take it over from the directory; then put its members in."""
        fields = it.fields
        if fields.get("origin_id"):
            body: Values = {"originId": fields["origin_id"]}
        elif fields.get("mail"):
            body = {"mailAddress": fields["mail"]}
        else:
            about = {"description": fields.get("description", "")}
            body = {"displayName": fields["display_name"], **about}
        scope = fields.get("scope")
        query = {"scopeDescriptor": descriptor(it.api, scope)} if scope else None
        made = it.api.call("POST", it.api.graph("groups"), body, query)
        it.exists(str(made["descriptor"]))
        _add(it.api, it.id, fields.get("members") or [])
        return it.id

    def read(self, it: Instance) -> Values | None:
        """Its names and members."""
        found = it.api.look(it.api.graph(f"groups/{path_part(it.id)}"))
        if not found:
            return None
        told = {name: found[api] for api, name in _TOLD.items() if found.get(api) is not None}
        group = storage_key(it.api, it.id)
        return {**told, "group_id": group, "members": _members(it.api, it.id)}

    def update(self, it: Instance) -> None:
        """Change its names and members."""
        names = {"display_name": "/displayName", "description": "/description"}
        changes = [
            {"op": "replace", "path": path, "value": it.fields.get(name, "")}
            for name, path in names.items()
            if name in it.changed
        ]
        if changes:
            it.api.call("PATCH", it.api.graph(f"groups/{path_part(it.id)}"), changes)
        if "members" in it.changed:
            wanted, known = set(it.fields.get("members") or []), set(it.state.get("members") or [])
            _add(it.api, it.id, wanted - known)
            _remove(it.api, it.id, known - wanted)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove(it.api.graph(f"groups/{path_part(it.id)}"))


class GroupMembership(DevOpsType):
    """Members of a group that something else made; its ID names the group."""

    token = "azuredevops:index/groupMembership:GroupMembership"  # noqa: S105
    local = frozenset({"mode"})

    def create(self, it: Instance) -> str:
        """Put them in; with mode `overwrite`, nobody else stays."""
        group, wanted = it.fields["group"], set(it.fields["members"])
        known = set(_members(it.api, group))
        _add(it.api, group, wanted - known)
        if it.fields.get("mode") == "overwrite":
            _remove(it.api, group, known - wanted)
        return f"membership-{group}"

    def read(self, it: Instance) -> Values | None:
        """Those of the wanted that are in it; with mode `overwrite` everybody."""
        known = it.fields or it.state
        group = known["group"]
        if not it.api.look(it.api.graph(f"groups/{path_part(group)}")):
            return None
        members = _members(it.api, group)
        if known.get("mode") != "overwrite":
            members = [each for each in members if each in known["members"]]
        return {"group": group, "members": members}

    def update(self, it: Instance) -> None:
        """Put the new ones in and take the others out."""
        gone = set(it.state.get("members") or []) - set(it.fields["members"])
        self.create(it)
        _remove(it.api, it.fields["group"], gone)

    def delete(self, it: Instance) -> None:
        """Take them out."""
        _remove(it.api, it.state["group"], it.state.get("members") or [])


TYPES = (Group(), GroupMembership())
