"""SCIM filters and partial updates (RFC 7644, sections 3.4.2.2 and 3.5.2), as far as Databricks has them."""

from __future__ import annotations

import re
from typing import Any

from mlops_sandbox.errors import ScimError
from mlops_sandbox.store import Document

_CLAUSE = re.compile(r"""([A-Za-z.]+)\s+(eq|ne|co|sw)\s+(?:"([^"]*)"|'([^']*)'|(\S+))""", re.IGNORECASE)
_MEMBER = re.compile(r"""(\w+)\[value eq ["']([^"']*)["']\]""")
_LISTS = {"members", "entitlements", "roles", "emails"}


def _attribute(document: Document, name: str) -> str:
    lowered = {key.lower(): value for key, value in document.items()}
    value = lowered.get(name.lower(), "")
    return str(value).lower()


def _holds(document: Document, clause: str) -> bool:
    parsed = _CLAUSE.fullmatch(clause.strip())
    if parsed is None:
        raise ScimError(400, f"Given filter operator is not supported: {clause}", "invalidFilter")
    name, operator, *values = parsed.groups()
    wanted = next((value for value in values if value is not None), "").lower()
    actual = _attribute(document, name)
    return {
        "eq": actual == wanted,
        "ne": actual != wanted,
        "co": wanted in actual,
        "sw": actual.startswith(wanted),
    }[operator.lower()]


def matches(document: Document, expression: str) -> bool:
    """Whether a resource fits a filter of clauses joined by `and` or by `or`.

    Raises:
        ScimError: 400 for a filter that is neither.
    """
    if not expression:
        return True
    if re.search(r"\sor\s", expression, re.IGNORECASE):
        return any(_holds(document, each) for each in re.split(r"\s+or\s+", expression, flags=re.IGNORECASE))
    return all(_holds(document, each) for each in re.split(r"\s+and\s+", expression, flags=re.IGNORECASE))


def _values(value: Any) -> list[Document]:
    return value if isinstance(value, list) else [value]


def _change_list(before: list[Document], operation: str, value: Any) -> list[Document]:
    given = [each for each in _values(value) if each] if value is not None else []
    if operation == "replace":
        return given
    named = {each["value"] for each in given}
    if operation == "remove":
        return [each for each in before if value is not None and each["value"] not in named]
    present = {each["value"] for each in before}
    return before + [each for each in given if each["value"] not in present]


def _apply_one(document: Document, operation: Document) -> Document:
    op, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
    if op not in {"add", "remove", "replace"}:
        raise ScimError(400, f"Unknown patch operation: {operation.get('op')!r}", "invalidSyntax")
    if not path:
        if not isinstance(value, dict):
            raise ScimError(400, "A patch operation without a path needs an object.", "noTarget")
        for name, part in value.items():
            document = _apply_one(document, {"op": op, "path": name, "value": part})
        return document
    selected = _MEMBER.fullmatch(path)
    if selected:
        path, value = selected[1], [{"value": selected[2]}]
    if path in _LISTS:
        return {**document, path: _change_list(document.get(path, []), op, value)}
    if op == "remove":
        return {name: kept for name, kept in document.items() if name != path}
    if path == "active" and isinstance(value, list) and value:
        # The provider plugin sends [{"value": "false"}].
        value = str(value[0].get("value")).lower() == "true"
    return {**document, path: value}


def patched(document: Document, operations: list[Document]) -> Document:
    """The resource after a PatchOp's operations, in their order.

    Raises:
        ScimError: 400 for an operation that SCIM doesn't know.
    """
    for operation in operations:
        document = _apply_one(document, operation)
    return document
