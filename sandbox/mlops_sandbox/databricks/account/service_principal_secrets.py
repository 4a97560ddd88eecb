"""Secrets of service principals: OAuth client secrets, shown once and kept as digests."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from mlops_sandbox.databricks.account.scope import in_account
from mlops_sandbox.databricks.principals import admins_only
from mlops_sandbox.databricks.scim import directory
from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document, Store

routes = Routes()

_KIND = "service_principal_secret"
_MOST = 5
_LONGEST = timedelta(days=730)
#: At the workspace, and at the account.
_PATHS = (
    "/api/2.0/accounts/servicePrincipals/{id}/credentials/secrets",
    "/api/2.0/accounts/{account_id}/servicePrincipals/{id}/credentials/secrets",
)


def time_text(moment: datetime) -> str:
    """A moment as Databricks writes it: `2026-11-23T19:55:07Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def is_secret_of(store: Store, principal: Document, secret: str) -> bool:
    """Whether a service principal has that secret, and it is not over."""
    now, digest = time_text(datetime.now(UTC)), _digest(secret)
    held = store.documents(_KIND, f"{principal['id']}/")
    return any(compare_digest(each["digest"], digest) and each["expire_time"] > now for each in held)


def _lifetime(call: Call) -> timedelta:
    text = call.get("lifetime") or f"{int(_LONGEST.total_seconds())}s"
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,9}s", text):
        raise invalid(f"lifetime must be seconds like 3600s, not {text!r}.")
    lifetime = timedelta(seconds=int(text[:-1]))
    if not timedelta(0) < lifetime <= _LONGEST:
        raise invalid(f"lifetime must be between 1 s and {_LONGEST.days} days, not {text}.")
    return lifetime


def _shown(document: Document) -> Json:
    expired = document["expire_time"] <= time_text(datetime.now(UTC))
    shown = {name: value for name, value in document.items() if name != "digest"}
    return {**shown, "status": "EXPIRED" if expired else "ACTIVE"}


def create_secret(call: Call) -> Json:
    """Make a secret; this answer alone shows it."""
    lifetime, now = _lifetime(call), datetime.now(UTC)
    secret = f"dose{secrets.token_hex(16)}"
    with call.store.transaction():
        principal = directory.find(call.store, directory.SERVICE_PRINCIPALS, call.path["id"])
        if len(call.store.documents(_KIND, f"{principal['id']}/")) >= _MOST:
            raise ApiError(400, "QUOTA_EXCEEDED", f"A service principal can have {_MOST} secrets at most.")
        document = {
            "id": str(uuid.uuid4()),
            "digest": _digest(secret),
            "secret_hash": _digest(secret)[:32],
            "create_time": time_text(now),
            "update_time": time_text(now),
            "expire_time": time_text(now + lifetime),
        }
        call.store.put(_KIND, f"{principal['id']}/{document['id']}", document)
    return {**_shown(document), "secret": secret}


def list_secrets(call: Call) -> Json:
    """A service principal's secrets without their values."""
    principal = directory.find(call.store, directory.SERVICE_PRINCIPALS, call.path["id"])
    return {"secrets": [_shown(each) for each in call.store.documents(_KIND, f"{principal['id']}/")]}


def delete_secret(call: Call) -> Json:
    """Delete a secret: no one logs in with it any more."""
    if not call.store.delete(_KIND, f"{call.path['id']}/{call.path['secret']}"):
        raise not_found(f"Secret {call.path['secret']} does not exist.")
    return {}


for _path in _PATHS:
    _at_account = "{account_id}" in _path
    routes.post(_path)(in_account(create_secret) if _at_account else admins_only(create_secret))
    routes.get(_path)(in_account(list_secrets) if _at_account else list_secrets)
    routes.delete(f"{_path}/{{secret}}")(
        in_account(delete_secret) if _at_account else admins_only(delete_secret)
    )
