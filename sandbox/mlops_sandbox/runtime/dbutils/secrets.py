"""`dbutils.secrets`: values from the sandbox's secret scopes, hidden in everything that is printed."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from collections import namedtuple
from typing import Any

from mlops_sandbox.runtime import redaction

SecretScope = namedtuple("SecretScope", ["name"])
SecretMetadata = namedtuple("SecretMetadata", ["key"])


def _ask(path: str, **query: str) -> Any:
    from urllib.error import HTTPError
    from urllib.parse import urlencode
    from urllib.request import Request, urlopen

    address = f"{os.environ['DATABRICKS_HOST']}/api/2.0/secrets/{path}?{urlencode(query)}"
    request = Request(address, headers={"Authorization": f"Bearer {os.environ['DATABRICKS_TOKEN']}"})  # noqa: S310
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 (the sandbox's own address)
            return json.load(answer)
    except HTTPError as error:
        told = json.loads(error.read() or b"{}")
        raise ValueError(told.get("message", f"HTTP {error.code}")) from None


class Secrets:
    """Reads secrets as the user whose token the task has."""

    def getBytes(self, scope: str, key: str) -> bytes:  # noqa: N802
        """A secret's bytes; ``ValueError`` when there is no such scope or key."""
        value = b64decode(_ask("get", scope=scope, key=key)["value"])
        redaction.remember(value.decode("utf-8", "replace"))
        return value

    def get(self, scope: str, key: str) -> str:
        """A secret's text."""
        return self.getBytes(scope, key).decode()

    def list(self, scope: str) -> list[SecretMetadata]:
        """The keys of a scope."""
        return [SecretMetadata(each["key"]) for each in _ask("list", scope=scope).get("secrets", [])]

    def listScopes(self) -> list[SecretScope]:  # type: ignore[valid-type]  # noqa: N802
        """The scopes."""
        return [SecretScope(each["name"]) for each in _ask("scopes/list").get("scopes", [])]
