"""A served entity's environment variables, with `{{secrets/scope/key}}` replaced by what it stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.secrets import secret_value

_REFERENCE = re.compile(r"\{\{\s*secrets/([^/{}\s]+)/([^/{}\s]+)\s*\}\}")


def scopes_of(variables: Mapping[str, str]) -> set[str]:
    """The secret scopes that the variables refer to."""
    found = (_REFERENCE.fullmatch(text.strip()) for text in variables.values())
    return {match[1] for match in found if match}


def resolve(sandbox: Sandbox, workspace: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables with their secrets.

    Raises:
        ApiError: a secret does not exist.
    """

    def value(text: str) -> str:
        found = _REFERENCE.fullmatch(text.strip())
        return secret_value(sandbox, workspace, found[1], found[2]) if found else text

    return {name: value(text) for name, text in variables.items()}
