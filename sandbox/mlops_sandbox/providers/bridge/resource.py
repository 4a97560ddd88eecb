"""What a vendor's package says of each resource type: its routes and its quirks."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from mlops_sandbox.providers.bridge.errors import InterruptedByUserError, ResourceError
from mlops_sandbox.providers.bridge.values import Values

Api = TypeVar("Api")
T = TypeVar("T")


@dataclass
class Instance(Generic[Api]):
    """One resource in one operation, under the API's names and without secrets."""

    api: Api
    id: str = ""
    """Empty until it exists."""
    fields: Values = field(default_factory=dict)
    """The inputs, together with what the workspace chose for properties that the program left open."""
    state: Values = field(default_factory=dict)
    """What was known before; empty for a creation and an import."""
    answer: Values = field(default_factory=dict)
    """What the creating or updating call answered, for types that are not read back."""
    changed: frozenset[str] = frozenset()
    """The top-level properties that an update changes."""
    timeout: float = 0.0
    """Seconds that the program allows; 0 leaves it to the type."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Set when the user gives up."""

    def exists(self, identifier: str) -> None:
        """Say that the resource is there from now on, whatever a later step of its creation does."""
        self.id = identifier

    def wait(self, ask: Callable[[], T], done: Callable[[T], bool], what: str, timeout: float) -> T:
        """Ask again, each time a little later, until the answer is the wanted one.

        Args:
            ask: one request.
            done: whether its answer ends the wait; raises when it never will.
            what: named by the error.
            timeout: seconds, unless the program gave the resource its own.
        """
        limit = self.timeout or timeout
        deadline = time.monotonic() + limit
        pause = 0.05
        while True:
            answer = ask()
            if done(answer):
                return answer
            if self.cancelled.wait(pause):
                raise InterruptedByUserError(f"cancelled while waiting for {what}")
            if time.monotonic() > deadline:
                raise ResourceError(f"{what} did not happen within {limit:.0f} s")
            pause = min(pause * 1.5, 5.0)


class ResourceType(ABC, Generic[Api]):
    """A resource type's calls to the API, and what sets it apart."""

    token: ClassVar[str]
    local: ClassVar[frozenset[str]] = frozenset()
    """Properties that live in the state only: the API never answers with them."""
    drifting: ClassVar[frozenset[str]] = frozenset()
    """Properties whose value in the workspace counts although the program did not set them."""
    zeros: ClassVar[bool] = True
    """Whether absent plain values read as zeros (Terraform's older SDK) or as nothing (its newer one)."""

    suggested: ClassVar[frozenset[str]] = frozenset()
    """Optional properties that the workspace fills in: leaving one out of a program is no change."""
    rewritten: ClassVar[frozenset[str]] = frozenset()
    """Properties that the workspace answers in another form: only another input is a change."""
    absent: ClassVar[frozenset[str]] = frozenset()
    """Properties that stay out of the state when unset, zeros or not."""
    blank: ClassVar[frozenset[str]] = frozenset()
    """Optional strings that read as empty when unset, not as absent."""
    delete_first: ClassVar[bool] = False
    """Whether a replacement deletes the old one before it makes the new one, whatever it is called."""

    def prepare(self, inputs: Values) -> None:
        """Complete checked inputs (Pulumi names) in place; ResourceError for what no schema can see."""

    def replaces(self, it: Instance[Api]) -> frozenset[str]:  # noqa: ARG002
        """Properties whose change can't be made in place this time, beside the declared ones (API names).

        `fields` are the new inputs as far as they are known, `state` is what was known before.
        """
        return frozenset()

    def keeps(self, it: Instance[Api], answer: Values) -> frozenset[str]:  # noqa: ARG002
        """Properties that a reading leaves as the program wrote them (API names).

        For what the workspace answers in another form although nothing has changed.
        """
        return frozenset()

    @abstractmethod
    def create(self, it: Instance[Api]) -> str:
        """Make it; returns its ID."""

    @abstractmethod
    def read(self, it: Instance[Api]) -> Values | None:
        """Its properties as the API tells them; None when it is gone."""

    def settle(self, it: Instance[Api]) -> Values | None:
        """Its properties right after a create or an update; most types just read them."""
        return self.read(it)

    def complete(self, it: Instance[Api], answer: Values) -> Values:  # noqa: ARG002
        """What was read, with what every resource of this vendor has beside."""
        return answer

    def update(self, it: Instance[Api]) -> None:
        """Change it in place."""
        raise ResourceError(f"{it.id} can't be updated in place")

    @abstractmethod
    def delete(self, it: Instance[Api]) -> None:
        """Remove it; what is gone already is not an error."""


def pick(fields: Mapping[str, Any], *names: str) -> Values:
    """Those of the named fields that are set."""
    return {name: fields[name] for name in names if fields.get(name) is not None}


def without_zeros(value: Any) -> Any:
    """A request body as Go's `omitempty` leaves it, at every depth."""
    if isinstance(value, dict):
        kept = {key: without_zeros(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", 0, [], False)}
    if isinstance(value, list):
        return [without_zeros(item) for item in value]
    return value
