"""Secret scopes, secrets and their ACLs: `/api/2.0/secrets/*`.

Values are encrypted before they reach the state; only `secrets/get` and :func:`secret_value` give them away.
"""

from __future__ import annotations

import re
import time
from base64 import b64decode, b64encode

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.principals import Principal, caller
from mlops_sandbox.errors import ApiError, already_exists, denied, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document, Store

routes = Routes()

_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,128}")
_PERMISSIONS = ("READ", "WRITE", "MANAGE")
_MAX_BYTES = 128 * 1024


def secret_value(sandbox: Sandbox, workspace: str, scope: str, key: str) -> str:
    """A secret's value as text.

    Raises:
        ApiError: 404 when the scope or the secret is not there.
    """
    return _decrypted(sandbox, _secret(sandbox.store(workspace), scope, key)).decode()


def _decrypted(sandbox: Sandbox, document: Document) -> bytes:
    return sandbox.cipher.decrypt(document["encrypted"].encode())


def _scope(store: Store, scope: str) -> Document:
    found = store.get("secret_scope", scope)
    if found is None:
        raise not_found(f"Scope {scope} does not exist!")
    return found


def _may(store: Store, who: Principal, scope: str, permission: str) -> bool:
    """Whether a caller has at least a permission on a scope; workspace admins manage all."""
    enough = _PERMISSIONS[_PERMISSIONS.index(permission) :]
    acls = store.documents("secret_acl", f"{scope}/")
    held = [acl["principal"] for acl in acls if acl["permission"] in enough]
    return who.admin or who.is_any_of(held)


def require(call: Call, scope: str, permission: str) -> None:
    """Refuse a caller that has less than READ, WRITE or MANAGE on a scope.

    Raises:
        ApiError: 404 when there is no such scope, else 403.
    """
    _scope(call.store, scope)
    who = caller(call)
    if not _may(call.store, who, scope, permission):
        raise denied(f"User {who.name} does not have {permission} permission on scope {scope}.")


def _secret(store: Store, scope: str, key: str) -> Document:
    _scope(store, scope)
    found = store.get("secret", f"{scope}/{key}")
    if found is None:
        raise not_found(f"Secret does not exist with scope: {scope} and key: {key}")
    return found


def _checked_name(what: str, name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(
            f"{what} name {name!r} must be 1 to 128 characters of letters, digits, '-', '_', '@' and '.'."
        )
    return name


@routes.post("/api/2.0/secrets/scopes/create")
def create_scope(call: Call) -> Json:
    """Make a scope; its creator (or all users, with `initial_manage_principal`) manages it."""
    name = _checked_name("Scope", call.required("scope"))
    backend = call.get("scope_backend_type") or "DATABRICKS"
    if backend != "DATABRICKS":
        raise invalid(f"Scope backend type {backend!r} is not one of the sandbox's: DATABRICKS.")
    principal = call.get("initial_manage_principal") or call.user
    with call.store.transaction():
        if call.store.get("secret_scope", name):
            raise already_exists(f"Scope {name} already exists!")
        call.store.put("secret_scope", name, {"name": name, "backend_type": backend})
        acl = {"principal": principal, "permission": "MANAGE"}
        call.store.put("secret_acl", f"{name}/{principal}", acl)
    return {}


@routes.get("/api/2.0/secrets/scopes/list")
def list_scopes(call: Call) -> Json:
    """The scopes that the caller may read."""
    who = caller(call)
    scopes = [
        each for each in call.store.documents("secret_scope") if _may(call.store, who, each["name"], "READ")
    ]
    return {"scopes": scopes} if scopes else {}


@routes.post("/api/2.0/secrets/scopes/delete")
def delete_scope(call: Call) -> Json:
    """Delete a scope with its secrets and ACLs."""
    name = call.required("scope")
    with call.store.transaction():
        require(call, name, "MANAGE")
        for kind in ("secret", "secret_acl"):
            for key, _ in call.store.items(kind, f"{name}/"):
                call.store.delete(kind, key)
        call.store.delete("secret_scope", name)
    return {}


def _given_value(call: Call) -> bytes:
    text, encoded = call.body.get("string_value"), call.body.get("bytes_value")
    if (text is None) == (encoded is None):
        raise invalid("Exactly one of string_value and bytes_value must be given.")
    try:
        value = str(text).encode() if encoded is None else b64decode(encoded, validate=True)
    except (TypeError, ValueError):
        raise invalid("bytes_value must be base64.") from None
    if len(value) > _MAX_BYTES:
        raise ApiError(400, "MAX_SECRET_SIZE_EXCEEDED", "A secret has at most 128 KB.")
    return value


@routes.post("/api/2.0/secrets/put")
def put_secret(call: Call) -> Json:
    """Write a secret's value, whether or not it is there."""
    scope, key = call.required("scope"), _checked_name("Secret", call.required("key"))
    document = {
        "key": key,
        "encrypted": call.sandbox.cipher.encrypt(_given_value(call)).decode(),
        "last_updated_timestamp": int(time.time() * 1000),
    }
    with call.store.transaction():
        require(call, scope, "WRITE")
        call.store.put("secret", f"{scope}/{key}", document)
    return {}


@routes.get("/api/2.0/secrets/list")
def list_secrets(call: Call) -> Json:
    """The keys of a scope and when each was written; never a value."""
    scope = call.required("scope")
    require(call, scope, "READ")
    listed = [
        {"key": secret["key"], "last_updated_timestamp": secret["last_updated_timestamp"]}
        for secret in call.store.documents("secret", f"{scope}/")
    ]
    return {"secrets": listed} if listed else {}


@routes.get("/api/2.0/secrets/get")
def get_secret(call: Call) -> Json:
    """A secret's value, in base64; for programs, never for the web page and its cookie."""
    if "authorization" not in call.request.headers:
        raise denied("A secret's value is not given to a browser.")
    require(call, call.required("scope"), "READ")
    secret = _secret(call.store, call.required("scope"), call.required("key"))
    return {"key": secret["key"], "value": b64encode(_decrypted(call.sandbox, secret)).decode()}


@routes.post("/api/2.0/secrets/delete")
def delete_secret(call: Call) -> Json:
    """Delete a secret."""
    scope, key = call.required("scope"), call.required("key")
    require(call, scope, "WRITE")
    _secret(call.store, scope, key)
    call.store.delete("secret", f"{scope}/{key}")
    return {}


def _acl(call: Call) -> Document:
    scope, principal = call.required("scope"), call.required("principal")
    require(call, scope, "MANAGE")
    found = call.store.get("secret_acl", f"{scope}/{principal}")
    if found is None:
        raise not_found(f"Failed to get secret acl for {principal} for scope {scope}.")
    return found


@routes.post("/api/2.0/secrets/acls/put")
def put_acl(call: Call) -> Json:
    """Give a principal READ, WRITE or MANAGE on a scope, in place of what it had."""
    scope, principal, permission = (call.required(name) for name in ("scope", "principal", "permission"))
    if permission not in _PERMISSIONS:
        raise invalid(f"Permission {permission!r} is not one of {', '.join(_PERMISSIONS)}.")
    require(call, scope, "MANAGE")
    call.store.put("secret_acl", f"{scope}/{principal}", {"principal": principal, "permission": permission})
    return {}


@routes.get("/api/2.0/secrets/acls/get")
def get_acl(call: Call) -> Json:
    """What a principal may on a scope."""
    return _acl(call)


@routes.get("/api/2.0/secrets/acls/list")
def list_acls(call: Call) -> Json:
    """What every principal may on a scope."""
    scope = call.required("scope")
    require(call, scope, "MANAGE")
    items = call.store.documents("secret_acl", f"{scope}/")
    return {"items": items} if items else {}


@routes.post("/api/2.0/secrets/acls/delete")
def delete_acl(call: Call) -> Json:
    """Take a principal's permission on a scope away."""
    acl = _acl(call)
    call.store.delete("secret_acl", f"{call.required('scope')}/{acl['principal']}")
    return {}
