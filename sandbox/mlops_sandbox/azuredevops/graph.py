"""The graph: users, groups, and who is in which.

An organization knows the sandbox's user; more come with `POST /_apis/graph/users`. Every project has the
groups that a new one has.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from mlops_sandbox.azuredevops import project_documents
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    invalid,
    mappings,
    required,
    store,
    user_identity,
    values,
)
from mlops_sandbox.context import DEFAULT_USER
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_ROOT = "/_apis/graph"
_PROJECT_GROUPS = ("Build Administrators", "Contributors", "Project Administrators", "Readers")
_ORGANIZATION_GROUPS = ("Project Collection Administrators",)
_RUN_BY_OWNER = {"Contributors", "Project Administrators", "Project Collection Administrators"}


def _missing(subject: str) -> DevOpsError:
    text = f"TF14045: The identity with descriptor {subject} could not be found."
    return DevOpsError(404, "GraphSubjectNotFoundException", text)


def _user(call: Call, name: str) -> Json:
    known = user_identity(call, name)
    return {
        "subjectKind": "user",
        "id": known["id"],
        "descriptor": known["descriptor"],
        "displayName": known["displayName"],
        "principalName": name,
        "mailAddress": name,
        "origin": "aad",
        "originId": known["id"],
        "domain": "00000000-0000-0000-0000-000000000000",
    }


def _users(call: Call) -> list[Json]:
    names = {DEFAULT_USER, *(each["principalName"] for each in store(call).documents("graph_user"))}
    return [_user(call, name) for name in sorted(names)]


def _group(call: Call, name: str, scope: Json | None, identifier: str = "") -> Json:
    where = scope["name"] if scope else call.path["org"]
    key = identifier or str(uuid5(NAMESPACE_URL, f"azuredevops/group/{scope['id'] if scope else ''}/{name}"))
    owner = [user_identity(call, DEFAULT_USER)["descriptor"]]
    domain = f"vstfs:///Classification/TeamProject/{scope['id']}" if scope else _organization_domain(call)
    return {
        "subjectKind": "group",
        "id": key,
        "descriptor": f"vssgp.{key.replace('-', '')}",
        "displayName": name,
        "description": "",
        "principalName": f"[{where}]\\{name}",
        "mailAddress": None,
        "origin": "vsts",
        "originId": key,
        "domain": domain,
        "scope": scope["id"] if scope else "",
        "members": owner if not identifier and name in _RUN_BY_OWNER else [],
    }


def _organization_domain(call: Call) -> str:
    return f"vstfs:///Framework/IdentityDomain/{uuid5(NAMESPACE_URL, call.path['org'])}"


def _groups(call: Call) -> dict[str, Json]:
    """All groups by descriptor: those that come with projects, and those that were made."""
    found = [_group(call, name, None) for name in _ORGANIZATION_GROUPS]
    for project in store(call).documents("project"):
        found += [_group(call, name, project) for name in (*_PROJECT_GROUPS, f"{project['name']} Team")]
    groups = {each["descriptor"]: each for each in found}
    kept = {each["descriptor"]: each for each in store(call).documents("graph_group")}
    return groups | kept


def _shown(call: Call, subject: Json) -> Json:
    url = f"{base_url(call)}/_apis/graph/{subject['subjectKind'].capitalize()}s/{subject['descriptor']}"
    hidden = {"id", "members", "scope"}
    return {**{key: value for key, value in subject.items() if key not in hidden}, "url": url}


def _subject(call: Call, descriptor: str) -> Json:
    users = {each["descriptor"]: each for each in _users(call)}
    found = users.get(descriptor) or _groups(call).get(descriptor)
    if found is None:
        raise _missing(descriptor)
    return found


def approver(call: Call, number: str) -> str:
    """The name of a user or group by ID; the ID itself when the graph does not know it."""
    for each in [*_users(call), *_groups(call).values()]:
        if each["id"] == number:
            return str(each["displayName"])
    return number


def is_one_of(call: Call, user: str, numbers: list[str]) -> bool:
    """Whether a user is one of these users, or in one of these groups, at any depth."""
    known, groups = user_identity(call, user), _groups(call)
    reached, left = {known["descriptor"]}, [known["descriptor"]]
    while left:
        member = left.pop()
        within = [name for name, each in groups.items() if member in each["members"] and name not in reached]
        reached |= set(within)
        left += within
    ids = {known["id"]} | {groups[name]["id"] for name in reached if name in groups}
    return bool(ids & set(numbers))


@api.on("GET", f"{_ROOT}/users")
def list_users(call: Call) -> DevOpsAnswer:
    """Everybody in the organization."""
    return values([_shown(call, each) for each in _users(call)])


@api.on("POST", f"{_ROOT}/users")
def create_user(call: Call) -> DevOpsAnswer:
    """Add a person by `principalName`, an e-mail address."""
    name = str(required(call, "principalName")).lower()
    if "@" not in name:
        raise invalid(f"principalName {name} is no e-mail address.")
    store(call).put("graph_user", name, {"principalName": name})
    return 201, _shown(call, _user(call, name))


@api.on("GET", f"{_ROOT}/users/{{descriptor}}")
def get_user(call: Call) -> DevOpsAnswer:
    """A user."""
    return _shown(call, _subject(call, call.path["descriptor"]))


@api.on("GET", f"{_ROOT}/descriptors/{{key}}")
def get_descriptor(call: Call) -> DevOpsAnswer:
    """What the graph calls the project, group or user of that ID."""
    key = call.path["key"]
    for each in [*_users(call), *_groups(call).values()]:
        if each["id"] == key:
            return {"value": each["descriptor"]}
    return {"value": f"scp.{project_documents.find(call, key)['id']}"}


@api.on("GET", f"{_ROOT}/storagekeys/{{descriptor}}")
def get_storage_key(call: Call) -> DevOpsAnswer:
    """The ID of what the graph calls so."""
    descriptor = call.path["descriptor"]
    if descriptor.startswith("scp."):
        return {"value": project_documents.find(call, descriptor.removeprefix("scp."))["id"]}
    return {"value": _subject(call, descriptor)["id"]}


def _scope(call: Call) -> Json | None:
    asked = call.query.get("scopeDescriptor", "")
    return project_documents.find(call, asked.removeprefix("scp.")) if asked else None


@api.on("GET", f"{_ROOT}/groups")
def list_groups(call: Call) -> DevOpsAnswer:
    """The groups of the project that `scopeDescriptor` names; without it, all."""
    scope = _scope(call)
    found = [each for each in _groups(call).values() if scope is None or each["scope"] == scope["id"]]
    return values([_shown(call, each) for each in found])


@api.on("POST", f"{_ROOT}/groups")
def create_group(call: Call) -> DevOpsAnswer:
    """Make a group, in a project if `scopeDescriptor` names one."""
    name, scope = str(required(call, "displayName")), _scope(call)
    with store(call).transaction():
        where = scope["id"] if scope else ""
        for each in _groups(call).values():
            if (each["scope"], each["displayName"].lower()) == (where, name.lower()):
                text = f"VS860016: A group with the name {name} already exists."
                raise DevOpsError(409, "GroupExistsException", text)
        number = store(call).next_id("id")
        identifier = str(uuid5(NAMESPACE_URL, f"azuredevops/group/{call.path['org']}/{number}"))
        made = {**_group(call, name, scope, identifier), "description": call.body.get("description") or ""}
        store(call).put("graph_group", made["descriptor"], made)
    return 201, _shown(call, made)


def _called_group(call: Call, name: str = "descriptor") -> Json:
    found = _groups(call).get(call.path[name])
    if found is None:
        raise _missing(call.path[name])
    return found


@api.on("GET", f"{_ROOT}/groups/{{descriptor}}")
def get_group(call: Call) -> DevOpsAnswer:
    """A group."""
    return _shown(call, _called_group(call))


@api.on("PATCH", f"{_ROOT}/groups/{{descriptor}}")
def update_group(call: Call) -> DevOpsAnswer:
    """Change a group's name or description, by a JSON patch."""
    allowed = {"/displayName": "displayName", "/description": "description"}
    with store(call).transaction():
        found = _called_group(call)
        for change in mappings(call.body.get("items"), "patch"):
            if change.get("op") != "replace" or change.get("path") not in allowed:
                raise invalid(f"A group's patch replaces one of {', '.join(allowed)}.")
            found = {**found, allowed[change["path"]]: str(change.get("value", ""))}
        return _shown(call, store(call).put("graph_group", found["descriptor"], found))


@api.on("DELETE", f"{_ROOT}/groups/{{descriptor}}")
def delete_group(call: Call) -> DevOpsAnswer:
    """Delete a group that was made here."""
    if store(call).get("graph_group", call.path["descriptor"]) is None:
        raise _missing(call.path["descriptor"])
    store(call).delete("graph_group", call.path["descriptor"])
    return None


def _membership(call: Call, member: str, container: str) -> Json:
    url = f"{base_url(call)}/_apis/graph/memberships/{member}/{container}"
    return {"memberDescriptor": member, "containerDescriptor": container, "_links": {"self": {"href": url}}}


@api.on("GET", f"{_ROOT}/memberships/{{subject}}")
def list_memberships(call: Call) -> DevOpsAnswer:
    """A group's members (`direction=down`), or the groups that a subject is in."""
    subject = _subject(call, call.path["subject"])["descriptor"]
    groups = _groups(call)
    if call.query.get("direction", "up").lower() == "down":
        return values(
            [_membership(call, each, subject) for each in groups.get(subject, {}).get("members", [])]
        )
    within = [name for name, each in groups.items() if subject in each["members"]]
    return values([_membership(call, subject, each) for each in within])


@api.on("PUT", f"{_ROOT}/memberships/{{subject}}/{{container}}")
def add_membership(call: Call) -> DevOpsAnswer:
    """Put a user or group into a group."""
    with store(call).transaction():
        member, group = _subject(call, call.path["subject"])["descriptor"], _called_group(call, "container")
        members = [*(each for each in group["members"] if each != member), member]
        store(call).put("graph_group", group["descriptor"], {**group, "members": members})
    return 201, _membership(call, member, group["descriptor"])


@api.on("DELETE", f"{_ROOT}/memberships/{{subject}}/{{container}}")
def remove_membership(call: Call) -> DevOpsAnswer:
    """Take a user or group out of a group."""
    with store(call).transaction():
        group = _called_group(call, "container")
        members = [each for each in group["members"] if each != call.path["subject"]]
        store(call).put("graph_group", group["descriptor"], {**group, "members": members})
    return None
