"""Users and organizations: asked for, made, their members."""

from __future__ import annotations

import re
from typing import Any

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts
from mlops_sandbox.github.api import (
    VERSION,
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    integer,
    next_id,
    not_found,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_LOGIN = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}$")


def _user(sandbox: Sandbox, login: str) -> Json:
    found = accounts.account(sandbox, login, "User")
    return {**accounts.simple(sandbox, login), "name": found["login"], "email": found.get("email")}


def organization(sandbox: Sandbox, login: str) -> Json:
    """An organization, whole."""
    found = accounts.account(sandbox, login, "Organization")
    seats = len(found["members"])
    return {
        **accounts.simple(sandbox, login),
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


def _new_login(call: Call, field: str) -> str:
    login = str(required(call, "User", field))
    if not _LOGIN.match(login):
        raise unprocessable("User", "login", "invalid")
    if accounts.find(call.sandbox, login) is not None:
        raise unprocessable("User", "login", "already_exists")
    return login


@api.on("GET", "/user")
def get_me(call: Call) -> GitHubAnswer:
    """The token's user."""
    return _user(call.sandbox, accounts.caller(call))


@api.on("GET", "/users/{login}")
def get_user(call: Call) -> GitHubAnswer:
    """A user by login; an organization is an account too."""
    return {
        **accounts.simple(call.sandbox, call.path["login"]),
        "name": accounts.account(call.sandbox, call.path["login"])["login"],
    }


@api.on("GET", "/users/{login}/gpg_keys", "/users/{login}/keys")
def list_user_keys(call: Call) -> GitHubAnswer:
    """A user's keys: none, for nobody signs or clones by key here."""
    accounts.simple(call.sandbox, call.path["login"])
    return []


@api.on("GET", "/user/{number}")
def get_user_by_id(call: Call) -> GitHubAnswer:
    """An account by id."""
    return accounts.simple(call.sandbox, accounts.by_id(call.sandbox, integer(call, "number"))["login"])


@api.on("POST", "/admin/users")
def create_user(call: Call) -> GitHubAnswer:
    """Make a user, as an Enterprise Server's administrator does."""
    login = _new_login(call, "login")
    document = {"login": login, "id": next_id(call.sandbox), "type": "User", "email": call.body.get("email")}
    accounts.keep(call.sandbox, document)
    return 201, _user(call.sandbox, login)


@api.on("POST", "/admin/organizations")
def create_organization(call: Call) -> GitHubAnswer:
    """Make an organization with its first owner."""
    login = _new_login(call, "login")
    owner = accounts.account(call.sandbox, str(required(call, "Organization", "admin")), "User")["login"]
    document: dict[str, Any] = {"login": login, "id": next_id(call.sandbox), "type": "Organization"}
    if call.body.get("profile_name"):
        document["name"] = call.body["profile_name"]
    accounts.keep(call.sandbox, {**document, "members": {owner: "admin"}})
    return 201, accounts.simple(call.sandbox, login)


@api.on("GET", "/orgs/{org}")
def get_organization(call: Call) -> GitHubAnswer:
    """An organization by login."""
    return organization(call.sandbox, call.path["org"])


@api.on("GET", "/user/orgs")
def list_my_organizations(call: Call) -> GitHubAnswer:
    """The organizations of the token's user."""
    me = accounts.caller(call)
    mine = [each["login"] for each in accounts.every(call.sandbox) if me in each.get("members", {})]
    return page(call, [accounts.simple(call.sandbox, login) for login in mine])


@api.on("GET", "/orgs/{org}/members")
def list_members(call: Call) -> GitHubAnswer:
    """Who belongs to an organization; `role` narrows to admin or member."""
    members = accounts.account(call.sandbox, call.path["org"], "Organization")["members"]
    wanted = call.query.get("role", "all")
    return page(
        call,
        [accounts.simple(call.sandbox, name) for name, role in members.items() if wanted in ("all", role)],
    )


def _membership(call: Call, members: Json, login: str) -> Json:
    return {
        "url": f"{api_url(call.sandbox)}/orgs/{call.path['org']}/memberships/{login}",
        "state": "active",
        "role": members[login],
        "user": accounts.simple(call.sandbox, login),
        "organization": accounts.simple(call.sandbox, call.path["org"]),
    }


@api.on("GET", "/orgs/{org}/memberships/{login}")
def get_membership(call: Call) -> GitHubAnswer:
    """A user's role in an organization."""
    members = accounts.account(call.sandbox, call.path["org"], "Organization")["members"]
    login = accounts.account(call.sandbox, call.path["login"], "User")["login"]
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
        owner = accounts.account(call.sandbox, call.path["org"], "Organization")
        login = accounts.account(call.sandbox, call.path["login"], "User")["login"]
        members = {**owner["members"], login: role}
        accounts.keep(call.sandbox, {**owner, "members": members})
    return _membership(call, members, login)


@api.on("DELETE", "/orgs/{org}/memberships/{login}")
def delete_membership(call: Call) -> GitHubAnswer:
    """Take a user out of an organization; its last owner stays."""
    with store(call.sandbox).transaction():
        owner = accounts.account(call.sandbox, call.path["org"], "Organization")
        left = {name: role for name, role in owner["members"].items() if name != call.path["login"]}
        if "admin" not in left.values():
            raise GitHubError(403, "Cannot remove the last owner")
        accounts.keep(call.sandbox, {**owner, "members": left})
    return None


@api.on("GET", "/meta")
def get_meta(_call: Call) -> GitHubAnswer:
    """What the server is."""
    return {"installed_version": VERSION, "verifiable_password_authentication": False}


@api.on("GET", "/rate_limit")
def get_rate_limit(_call: Call) -> GitHubAnswer:
    """An Enterprise Server has none."""
    raise GitHubError(404, "Rate limiting is not enabled.")
