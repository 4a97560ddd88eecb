"""Access tokens that the sandbox issued: opaque, good for an hour, kept as digests."""

from __future__ import annotations

import secrets
import time
from hashlib import sha256

from mlops_sandbox.context import Sandbox

LIFETIME_SECONDS = 3600
_SCOPE, _KIND = "oauth", "access_token"


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def issue(sandbox: Sandbox, user: str) -> str:
    """A new token that speaks for a user, or for a service principal by its application id."""
    store, now = sandbox.store(_SCOPE), time.time()
    token = secrets.token_urlsafe(32)
    with store.transaction():
        for digest, held in store.items(_KIND):
            if held["expires"] <= now:
                store.delete(_KIND, digest)
        store.put(_KIND, _digest(token), {"user": user, "expires": now + LIFETIME_SECONDS})
    return token


def speaks_for(sandbox: Sandbox, token: str) -> str | None:
    """Whose token it is; None when it is unknown or over."""
    held = sandbox.store(_SCOPE).get(_KIND, _digest(token))
    return str(held["user"]) if held and held["expires"] > time.time() else None
