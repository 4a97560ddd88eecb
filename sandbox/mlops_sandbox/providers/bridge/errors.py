"""What can go wrong behind the provider protocol, in words for the user."""

from __future__ import annotations


class ResourceError(Exception):
    """An operation failed; the message is the vendor's own, or says what would be right."""


class InterruptedByUserError(ResourceError):
    """The user gave up."""
