"""Access tokens that the sandbox issued: opaque, good for an hour, kept as digests."""

from __future__ import annotations

import secrets
import threading
import time
from hashlib import sha256

from mlops_sandbox.context import DEFAULT_USER, Sandbox
from mlops_sandbox.databricks.principals import principal_of
from mlops_sandbox.errors import ApiError

LIFETIME_SECONDS = 3600
_STANDING_SECONDS = 30 * 24 * 3600
_SCOPE, _KIND = "oauth", "access_token"
#: By sandbox (its own token), then by workspace and user.
_standing: dict[str, dict[tuple[str, str], str]] = {}
_lock = threading.Lock()


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def issue(
    sandbox: Sandbox, user: str, lifetime: float = LIFETIME_SECONDS, workspace: str | None = None
) -> str:
    """A new token that speaks for a user, or for a service principal by its application id.

    Args:
        sandbox: the running sandbox.
        user: whom it speaks for.
        lifetime: seconds.
        workspace: the one that it opens; None for an account's token, which opens all that its user is in.
    """
    store, now = sandbox.store(_SCOPE), time.time()
    token = secrets.token_urlsafe(32)
    with store.transaction():
        for digest, held in store.items(_KIND):
            if held["expires"] <= now:
                store.delete(_KIND, digest)
        store.put(_KIND, _digest(token), {"user": user, "expires": now + lifetime, "workspace": workspace})
    return token


def speaks_for(sandbox: Sandbox, token: str, workspace: str | None) -> str | None:
    """Whose token it is; None when it is unknown, over, or another workspace's.

    Args:
        sandbox: the running sandbox.
        token: the token.
        workspace: the workspace that is called; None for an account.

    Raises:
        ApiError: 403, the workspace is not open to whom the token speaks for.
    """
    held = sandbox.store(_SCOPE).get(_KIND, _digest(token))
    if held is None or held["expires"] <= time.time() or held.get("workspace") not in {None, workspace}:
        return None
    user = str(held["user"])
    if workspace is not None and principal_of(sandbox, workspace, user) is None:
        raise ApiError(403, "PERMISSION_DENIED", f"Unauthorized access to Org: {workspace}")
    return user


def standing_token(sandbox: Sandbox, workspace: str, user: str) -> str:
    """The token of a user's own processes in a workspace: the same one while the sandbox runs."""
    if user == DEFAULT_USER:
        return sandbox.token
    with _lock:
        known = _standing.setdefault(sandbox.token, {})
        if (workspace, user) not in known:
            known[workspace, user] = issue(sandbox, user, _STANDING_SECONDS, workspace)
        return known[workspace, user]
