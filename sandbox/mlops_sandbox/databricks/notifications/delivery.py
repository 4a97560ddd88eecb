"""Messages to people and destinations: webhooks on this machine really hear; the rest is kept in a list.

A sandbox never leaves the machine: e-mail, Slack, Teams, PagerDuty and webhooks elsewhere are noted as
`kept`, with the message that would have gone there.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from mlops_sandbox.context import Sandbox
from mlops_sandbox.store import Document

_log = logging.getLogger(__name__)

Json = dict[str, Any]

#: The kind of the destinations' documents, and of the messages'.
KIND, SENT = "notification_destination", "notification_sent"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SECONDS = 5.0
#: How many messages of a workspace are remembered.
_REMEMBERED = 500


def opened(sandbox: Sandbox, document: Document) -> Json:
    """A destination's settings, secrets among them."""
    settings: Json = json.loads(sandbox.cipher.decrypt(document["sealed"].encode()))
    return settings


def notify(sandbox: Sandbox, workspace: str, subscription: Json, subject: str, message: Json) -> Document:
    """Send one message; never raises for what the receiver does.

    Args:
        sandbox: the running sandbox.
        workspace: whose destinations are meant.
        subscription: `{"destination_id": …}` or `{"user_email": …}`.
        subject: one line.
        message: the body of a webhook's POST.

    Returns:
        What is remembered of it: `outcome` is delivered, failed or kept.
    """
    receiver, outcome, reason = _send(sandbox, workspace, subscription, message)
    store = sandbox.store(workspace)
    with store.transaction():
        number = store.next_id(SENT)
        noted = {"id": number, "at": int(time.time() * 1000), **receiver, "subject": subject}
        noted |= {"message": message, "outcome": outcome, "reason": reason}
        store.delete(SENT, f"{number - _REMEMBERED:012}")
        return store.put(SENT, f"{number:012}", noted)


def _send(sandbox: Sandbox, workspace: str, subscription: Json, message: Json) -> tuple[Json, str, str]:
    """The receiver as it is remembered, and what became of the message."""
    email = subscription.get("user_email")
    if email:
        return {"type": "EMAIL", "to": [email]}, "kept", "the sandbox sends no e-mail"
    identity = str(subscription.get("destination_id"))
    found = sandbox.store(workspace).get(KIND, identity)
    if found is None:
        return {"type": "UNKNOWN", "destination_id": identity}, "failed", "there is no such destination"
    receiver: Json = {
        "type": found["destination_type"],
        "destination_id": identity,
        "destination": found["display_name"],
    }
    settings = opened(sandbox, found)
    if found["kind"] == "email":
        return {**receiver, "to": settings["addresses"]}, "kept", "the sandbox sends no e-mail"
    url = str(settings.get("url") or "")
    if found["kind"] != "generic_webhook" or urlsplit(url).hostname not in _LOOPBACK:
        return receiver, "kept", "the sandbox calls nothing but webhooks on this machine"
    return (receiver, *_post(url, settings, message))


def _post(url: str, settings: Json, message: Json) -> tuple[str, str]:
    user, password = settings.get("username"), settings.get("password")
    login = httpx.BasicAuth(user or "", password or "") if user or password else None
    try:
        answer = httpx.post(
            url, json=message, auth=login, timeout=_SECONDS, trust_env=False, follow_redirects=False
        )
    except httpx.HTTPError as error:
        # Without the URL: it may carry a secret.
        _log.info("a webhook could not be called: %s", type(error).__name__)
        return "failed", f"the webhook could not be called: {type(error).__name__}"
    if answer.is_success:
        return "delivered", f"the webhook answered {answer.status_code}"
    return "failed", f"the webhook answered {answer.status_code}"
