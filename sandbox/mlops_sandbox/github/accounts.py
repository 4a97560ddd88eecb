"""Users and organizations.

A sandbox starts with the organization `acme` and the user `developer`, its owner. More are made as on
any Enterprise Server: `POST /admin/users`, `POST /admin/organizations`,
`PUT /orgs/{org}/memberships/{user}`. The name in Basic credentials says which user calls.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

from mlops_sandbox.context import DEFAULT_USER, Sandbox
from mlops_sandbox.git.objects import Signature
from mlops_sandbox.github.api import (
    VERSION,
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    integer,
    next_id,
    node_id,
    not_found,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

DEFAULT_ORGANIZATION = "acme"
DEFAULT_LOGIN = DEFAULT_USER.partition("@")[0]
_LOGIN = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}$")
_STANDING: dict[str, Json] = {
    DEFAULT_ORGANIZATION: {
        "login": DEFAULT_ORGANIZATION,
        "id": 7,
        "type": "Organization",
        "members": {DEFAULT_LOGIN: "admin"},
    },
    DEFAULT_LOGIN: {"login": DEFAULT_LOGIN, "id": 1, "type": "User", "email": DEFAULT_USER},
}


def find(sandbox: Sandbox, login: str) -> Json | None:
    """The stored account of that name (any case), or None."""
    return store(sandbox).get("account", login.lower()) or _STANDING.get(login.lower())


def account(sandbox: Sandbox, login: str, kind: str = "") -> Json:
    """The stored account of that name; 404 when there is none, or none of the kind (User, Organization)."""
    found = find(sandbox, login)
    if found is None or (kind and found["type"] != kind):
        raise not_found()
    return found


def by_id(sandbox: Sandbox, number: int) -> Json:
    """The stored account of that id, else 404."""
    for each in _all(sandbox):
        if each["id"] == number:
            return each
    raise not_found()


def _all(sandbox: Sandbox) -> list[Json]:
    stored = dict(store(sandbox).items("account"))
    return sorted({**_STANDING, **stored}.values(), key=lambda each: int(each["id"]))


def caller(call: Call) -> str:
    """Who calls: the user that Basic credentials name, where there is one, else the token's user."""
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        name = b64decode(value).decode("utf-8", "replace").partition(":")[0]
        found = find(call.sandbox, name) if name else None
        if found is not None and found["type"] == "User":
            return str(found["login"])
    return DEFAULT_LOGIN


def email(sandbox: Sandbox, login: str) -> str:
    """A user's address, or the one that GitHub makes for those without."""
    return account(sandbox, login).get("email") or f"{login}@users.noreply.localhost"


def signature(call: Call) -> Signature:
    """The caller as author of a commit."""
    login = caller(call)
    return Signature.now(login, email(call.sandbox, login))


def by_email(sandbox: Sandbox, address: str) -> Json | None:
    """The account of an e-mail address, or None."""
    mine = [
        each for each in _all(sandbox) if each["type"] == "User" and email(sandbox, each["login"]) == address
    ]
    return mine[0] if mine else None


def simple(sandbox: Sandbox, login: str) -> Json:
    """An account as other objects show it."""
    found = account(sandbox, login)
    person = found["type"] == "User"
    return {
        "login": found["login"],
        "id": found["id"],
        "node_id": node_id("U" if person else "O", found["id"]),
        "avatar_url": "",
        "url": f"{api_url(sandbox)}/{'users' if person else 'orgs'}/{found['login']}",
        "html_url": f"{base_url(sandbox)}/{found['login']}",
        "type": found["type"],
        "site_admin": False,
    }


def _user(sandbox: Sandbox, login: str) -> Json:
    found = account(sandbox, login, "User")
    return {**simple(sandbox, login), "name": found["login"], "email": found.get("email")}


def organization(sandbox: Sandbox, login: str) -> Json:
    """An organization, whole."""
    found = account(sandbox, login, "Organization")
    seats = len(found["members"])
    return {
        **simple(sandbox, login),
        "name": found.get("name", found["login"].capitalize()),
        "description": found.get("description"),
        "default_repository_permission": "read",
        "members_can_create_repositories": True,
        "plan": {
            "name": "enterprise",
            "space": 976562499,
            "private_repos": 999999,
            "filled_seats": seats,
            "seats": seats,
        },
    }


def is_member(sandbox: Sandbox, organization_login: str, login: str) -> bool:
    """Whether a user belongs to an organization (or is the account itself)."""
    owner = account(sandbox, organization_login)
    return login.lower() in {name.lower() for name in owner.get("members", {owner["login"]: "admin"})}


def _keep(sandbox: Sandbox, document: Json) -> Json:
    return store(sandbox).put("account", document["login"].lower(), document)


def _new_login(call: Call, field: str) -> str:
    login = str(required(call, "User", field))
    if not _LOGIN.match(login):
        raise unprocessable("User", "login", "invalid")
    if find(call.sandbox, login) is not None:
        raise unprocessable("User", "login", "already_exists")
    return login


@api.on("GET", "/user")
def get_me(call: Call) -> GitHubAnswer:
    """The token's user."""
    return _user(call.sandbox, caller(call))


@api.on("GET", "/users/{login}")
def get_user(call: Call) -> GitHubAnswer:
    """A user by login; an organization is an account too."""
    return {
        **simple(call.sandbox, call.path["login"]),
        "name": account(call.sandbox, call.path["login"])["login"],
    }


@api.on("GET", "/user/{number}")
def get_user_by_id(call: Call) -> GitHubAnswer:
    """An account by id."""
    return simple(call.sandbox, by_id(call.sandbox, integer(call, "number"))["login"])


@api.on("POST", "/admin/users")
def create_user(call: Call) -> GitHubAnswer:
    """Make a user, as an Enterprise Server's administrator does."""
    login = _new_login(call, "login")
    document = {"login": login, "id": next_id(call.sandbox), "type": "User", "email": call.body.get("email")}
    _keep(call.sandbox, document)
    return 201, _user(call.sandbox, login)


@api.on("POST", "/admin/organizations")
def create_organization(call: Call) -> GitHubAnswer:
    """Make an organization with its first owner."""
    login = _new_login(call, "login")
    owner = account(call.sandbox, str(required(call, "Organization", "admin")), "User")["login"]
    document: dict[str, Any] = {"login": login, "id": next_id(call.sandbox), "type": "Organization"}
    if call.body.get("profile_name"):
        document["name"] = call.body["profile_name"]
    _keep(call.sandbox, {**document, "members": {owner: "admin"}})
    return 201, simple(call.sandbox, login)


@api.on("GET", "/orgs/{org}")
def get_organization(call: Call) -> GitHubAnswer:
    """An organization by login."""
    return organization(call.sandbox, call.path["org"])


@api.on("GET", "/user/orgs")
def list_my_organizations(call: Call) -> GitHubAnswer:
    """The organizations of the token's user."""
    me = caller(call)
    mine = [each["login"] for each in _all(call.sandbox) if me in each.get("members", {})]
    return page(call, [simple(call.sandbox, login) for login in mine])


@api.on("GET", "/orgs/{org}/members")
def list_members(call: Call) -> GitHubAnswer:
    """Who belongs to an organization; `role` narrows to admin or member."""
    members = account(call.sandbox, call.path["org"], "Organization")["members"]
    wanted = call.query.get("role", "all")
    return page(
        call, [simple(call.sandbox, name) for name, role in members.items() if wanted in ("all", role)]
    )


def _membership(call: Call, members: Json, login: str) -> Json:
    return {
        "url": f"{api_url(call.sandbox)}/orgs/{call.path['org']}/memberships/{login}",
        "state": "active",
        "role": members[login],
        "user": simple(call.sandbox, login),
        "organization": simple(call.sandbox, call.path["org"]),
    }


@api.on("GET", "/orgs/{org}/memberships/{login}")
def get_membership(call: Call) -> GitHubAnswer:
    """A user's role in an organization."""
    members = account(call.sandbox, call.path["org"], "Organization")["members"]
    login = account(call.sandbox, call.path["login"], "User")["login"]
    if login not in members:
        raise not_found()
    return _membership(call, members, login)


@api.on("PUT", "/orgs/{org}/memberships/{login}")
def put_membership(call: Call) -> GitHubAnswer:
    """Give a user a role: member or admin. An Enterprise Server asks nobody's consent."""
    role = call.body.get("role", "member")
    if role not in ("member", "admin"):
        raise unprocessable("Membership", "role", "invalid")
    with store(call.sandbox).transaction():
        owner = account(call.sandbox, call.path["org"], "Organization")
        login = account(call.sandbox, call.path["login"], "User")["login"]
        members = {**owner["members"], login: role}
        _keep(call.sandbox, {**owner, "members": members})
    return _membership(call, members, login)


@api.on("DELETE", "/orgs/{org}/memberships/{login}")
def delete_membership(call: Call) -> GitHubAnswer:
    """Take a user out of an organization; its last owner stays."""
    with store(call.sandbox).transaction():
        owner = account(call.sandbox, call.path["org"], "Organization")
        left = {name: role for name, role in owner["members"].items() if name != call.path["login"]}
        if "admin" not in left.values():
            raise GitHubError(403, "Cannot remove the last owner")
        _keep(call.sandbox, {**owner, "members": left})
    return None


@api.on("GET", "/meta")
def get_meta(_call: Call) -> GitHubAnswer:
    """What the server is."""
    return {"installed_version": VERSION, "verifiable_password_authentication": False}


@api.on("GET", "/rate_limit")
def get_rate_limit(_call: Call) -> GitHubAnswer:
    """An Enterprise Server has none."""
    raise GitHubError(404, "Rate limiting is not enabled.")
