"""Parts of resources as dictionaries, under the SDK's names."""

from typing import Any

Provided = dict[str, Any]
"""What the provider takes, under the SDK's names."""


def present(**fields: Any) -> Provided:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
