"""Errors in the vendors' own bodies."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal in Databricks' REST form: an HTTP status, an ``error_code`` and a ``message``."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code
        self.message = message

    def body(self) -> dict[str, Any]:
        """The JSON body that the workspace would answer with."""
        return {"error_code": self.error_code, "message": self.message}


class ScimError(ApiError):
    """A refusal in SCIM's form (RFC 7644, section 3.12)."""

    def __init__(self, status: int, message: str, scim_type: str = "") -> None:
        super().__init__(status, scim_type or "SCIM", message)
        self.scim_type = scim_type

    def body(self) -> dict[str, Any]:
        """The JSON body that the workspace would answer with."""
        body: dict[str, Any] = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": self.message,
            "status": str(self.status),
        }
        if self.scim_type:
            body["scimType"] = self.scim_type
        return body


def not_found(message: str, error_code: str = "RESOURCE_DOES_NOT_EXIST") -> ApiError:
    """404: nothing of that name."""
    return ApiError(404, error_code, message)


def already_exists(message: str, error_code: str = "RESOURCE_ALREADY_EXISTS") -> ApiError:
    """400: the name is taken (Unity Catalog says 409 through its own codes)."""
    return ApiError(400, error_code, message)


def invalid(message: str) -> ApiError:
    """400: a parameter is missing or has a wrong value."""
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


def denied(message: str) -> ApiError:
    """403: the caller may not."""
    return ApiError(403, "PERMISSION_DENIED", message)


class SandboxError(Exception):
    """What a person can understand and mend; printed without a stack trace."""
