"""What a vendor's package hands to the bridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

from mlops_sandbox.providers.bridge.resource import ResourceType
from mlops_sandbox.providers.bridge.schema import ProviderSchema
from mlops_sandbox.providers.bridge.values import Values


class ConfiguredApi(Protocol):
    """A vendor's HTTP client with the settings of one provider resource."""

    def explain(self, error: Exception) -> str | None:
        """The message for the user; None when the error is none of the vendor's or the bridge's."""


@dataclass(frozen=True)
class Plugin:
    """A stand-in provider."""

    name: str
    """The package's name, `databricks`."""
    schema: ProviderSchema
    types: Mapping[str, ResourceType[Any]]
    """By token, `databricks:index/catalog:Catalog`."""
    functions: Mapping[str, Callable[[Any, Values], Values]]
    """By token; called with the API and the arguments."""
    configure: Callable[[Values], ConfiguredApi]
    """Called with a provider resource's settings, secrets unwrapped; must not call the vendor yet."""

    @property
    def version(self) -> str:
        """The installed SDK's version, which is the plugin's that the engine expects; else the schema's."""
        try:
            return version(f"pulumi-{self.name}")
        except PackageNotFoundError:
            return self.schema.version
