"""Values that are kept encrypted and never shown: of variables, and of service endpoints."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.azuredevops.api import mapping
from mlops_sandbox.context import Sandbox
from mlops_sandbox.server.routing import Json


def sealed(sandbox: Sandbox, value: object) -> str:
    """A value as it is kept."""
    return sandbox.cipher.encrypt(str(value).encode()).decode()


def opened(sandbox: Sandbox, value: str) -> str:
    """A kept value."""
    return sandbox.cipher.decrypt(value.encode()).decode()


def kept_variables(sandbox: Sandbox, given: Json, before: Json) -> Json:
    """Variables as they are kept; a secret that comes without its value keeps the one that it had.

    Args:
        sandbox: the running sandbox.
        given: `value`, `isSecret` and whatever else there is, by name.
        before: the variables kept until now.
    """
    kept: Json = {}
    for name, each in given.items():
        variable = mapping(each, f"variables.{name}")
        if not variable.get("isSecret"):
            kept[name] = variable
            continue
        fields = {key: value for key, value in variable.items() if key != "value"}
        value = variable.get("value")
        old = before.get(name, {}).get("sealed")
        kept[name] = {**fields, "sealed": old if value is None and old else sealed(sandbox, value or "")}
    return kept


def shown_variables(kept: Json) -> Json:
    """Variables as they are shown: a secret's value is null."""
    return {
        name: {**{key: each for key, each in variable.items() if key != "sealed"}, "value": None}
        if "sealed" in variable
        else variable
        for name, variable in kept.items()
    }


def run_variables(sandbox: Sandbox, kept: Json) -> dict[str, str]:
    """Variables as a pipeline's run sees them, secrets with their values."""
    values: dict[str, Any] = {}
    for name, variable in kept.items():
        secret = variable.get("sealed")
        values[name] = opened(sandbox, secret) if secret else str(variable.get("value") or "")
    return values
