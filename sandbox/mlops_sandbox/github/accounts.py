"""Users and organizations.

A sandbox starts with the organization `acme` and the user `developer`, its owner. More are made as on
any Enterprise Server: `POST /admin/users`, `POST /admin/organizations`,
`PUT /orgs/{org}/memberships/{user}`. The name in Basic credentials says which user calls.
"""

from __future__ import annotations

from base64 import b64decode

from mlops_sandbox.context import DEFAULT_ORGANIZATION, DEFAULT_USER, Sandbox
from mlops_sandbox.git.objects import Signature
from mlops_sandbox.github.api import (
    api_url,
    base_url,
    node_id,
    not_found,
    store,
)
from mlops_sandbox.server.routing import Call, Json

DEFAULT_LOGIN = DEFAULT_USER.partition("@")[0]
#: Who calls with the token of a workflow's job, and how such a token begins.
BOT_LOGIN = "github-actions[bot]"
RUN_TOKEN_PREFIX = "ghs_"  # noqa: S105
_STANDING: dict[str, Json] = {
    DEFAULT_ORGANIZATION: {
        "login": DEFAULT_ORGANIZATION,
        "id": 7,
        "type": "Organization",
        "members": {DEFAULT_LOGIN: "admin"},
    },
    DEFAULT_LOGIN: {"login": DEFAULT_LOGIN, "id": 1, "type": "User", "email": DEFAULT_USER},
    BOT_LOGIN: {"login": BOT_LOGIN, "id": 41898282, "type": "Bot"},
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
    for each in every(sandbox):
        if each["id"] == number:
            return each
    raise not_found()


def every(sandbox: Sandbox) -> list[Json]:
    """All stored accounts, by id."""
    stored = dict(store(sandbox).items("account"))
    return sorted({**_STANDING, **stored}.values(), key=lambda each: int(each["id"]))


def presented(call: Call) -> tuple[str, str]:
    """The user name and the token that call: of Basic credentials, or no name and the token alone."""
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", value.strip()
    name, _, token = b64decode(value).decode("utf-8", "replace").partition(":")
    return name, token


def caller(call: Call) -> str:
    """Who calls: the user that Basic credentials name, where there is one, else the token's user."""
    name, token = presented(call)
    if token.startswith(RUN_TOKEN_PREFIX):
        return BOT_LOGIN
    found = find(call.sandbox, name) if name else None
    return str(found["login"]) if found is not None and found["type"] == "User" else DEFAULT_LOGIN


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
        each for each in every(sandbox) if each["type"] == "User" and email(sandbox, each["login"]) == address
    ]
    return mine[0] if mine else None


def simple(sandbox: Sandbox, login: str) -> Json:
    """An account as other objects show it."""
    found = account(sandbox, login)
    person = found["type"] != "Organization"
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


def is_member(sandbox: Sandbox, organization_login: str, login: str) -> bool:
    """Whether a user belongs to an organization (or is the account itself)."""
    owner = account(sandbox, organization_login)
    return login.lower() in {name.lower() for name in owner.get("members", {owner["login"]: "admin"})}


def keep(sandbox: Sandbox, document: Json) -> Json:
    """Store an account."""
    return store(sandbox).put("account", document["login"].lower(), document)
