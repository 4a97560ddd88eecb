"""One resource's life: what the protocol's Create, Read, Update and Delete mean for a resource type."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlops_sandbox.providers.bridge import inputs as read_inputs
from mlops_sandbox.providers.bridge.check import DEFAULTS
from mlops_sandbox.providers.bridge.diff import Change, diff, ignored
from mlops_sandbox.providers.bridge.drift import Suppressed, drift
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.plugin import ConfiguredApi
from mlops_sandbox.providers.bridge.resource import Instance, ResourceType
from mlops_sandbox.providers.bridge.schema import ResourceSchema
from mlops_sandbox.providers.bridge.translate import (
    from_api,
    mark_secrets,
    planned,
    to_api,
    with_unknowns,
)
from mlops_sandbox.providers.bridge.values import Values, has_unknown, reveal


class HalfMadeError(ResourceError):
    """The resource exists, but a later step of its creation failed."""

    def __init__(self, identifier: str, state: Values, reason: str) -> None:
        super().__init__(reason)
        self.identifier = identifier
        self.state = state


@dataclass(frozen=True)
class Found:
    """What Read answers: `identifier` is empty when the resource is gone."""

    identifier: str
    state: Values
    inputs: Values


@dataclass(frozen=True)
class Lifecycle:
    """A resource type with its schema, for one request of the engine."""

    kind: ResourceType[Any]
    schema: ResourceSchema
    api: ConfiguredApi
    timeout: float
    """Seconds that the program allows; 0 leaves it to the type."""
    cancelled: threading.Event

    def preview_create(self, inputs: Values) -> Values:
        """The state after a creation, as far as a preview can tell."""
        state = with_unknowns(self.schema, _program(inputs))
        return mark_secrets(self.schema.properties, state, inputs)

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Make it; returns its ID and state.

        Raises:
            HalfMadeError: when it exists although a step failed; the state then holds the inputs.
        """
        plan = planned(self.schema, reveal(_program(inputs)), {})
        it = self._instance("", fields=self._to_api(plan))
        try:
            it.exists(self.kind.create(it))
            answer = self.kind.settle(it)
        except Exception as error:
            reason = self.api.explain(error)
            if not it.id or reason is None:
                raise
            state = mark_secrets(self.schema.properties, plan, inputs)
            raise HalfMadeError(it.id, {**state, "id": it.id}, reason) from error
        if answer is None:
            raise ResourceError(f"{it.id} was created, and is not there when read back")
        return it.id, self._state(it, answer, plan, inputs)

    def read(self, identifier: str, old_state: Values, old_inputs: Values) -> Found:
        """The resource as it is now; without old inputs this is an import."""
        known = reveal(old_state)
        it = self._instance(identifier, state=self._to_api(known))
        answer = self.kind.read(it)
        if answer is None:
            return Found("", {}, {})
        state = self._state(it, answer, known, old_inputs)
        if not old_inputs:
            inputs = read_inputs.imported(self.schema, reveal(state))
            return Found(it.id, state, mark_secrets(self.schema.properties, inputs, {}))
        inputs = read_inputs.refreshed(self.schema, old_inputs, reveal(state), self.kind.drifting)
        kept = {self.schema.by_api[name].name for name in self.kind.keeps(it, answer)}
        inputs |= {name: old_inputs[name] for name in kept & old_inputs.keys()}
        return Found(it.id, state, mark_secrets(self.schema.properties, inputs, old_inputs))

    def preview_update(self, old_state: Values, inputs: Values) -> Values:
        """The state after an update, as far as a preview can tell."""
        state = {**old_state, **_program(inputs)}
        for name, declared in self.schema.properties.items():
            if declared.is_input and not declared.computed and name not in inputs:
                state.pop(name, None)
        return mark_secrets(self.schema.properties, state, inputs)

    def diff(
        self, identifier: str, old_state: Values, old_inputs: Values, inputs: Values, ignore: Sequence[str]
    ) -> list[Change]:
        """What an update would change, and which of it takes a replacement."""
        changes = self._changes(old_state, old_inputs, inputs, ignore)
        if not changes:
            return changes
        known = {key: value for key, value in reveal(_program(inputs)).items() if not has_unknown(value)}
        it = self._instance(identifier, fields=self._to_api(known), state=self._to_api(reveal(old_state)))
        replacing = {self.schema.by_api[name].name for name in self.kind.replaces(it)}
        return [
            replace(change, replaces=True) if change.path[0] in replacing else change for change in changes
        ]

    def update(self, identifier: str, old_state: Values, old_inputs: Values, inputs: Values) -> Values:
        """Change it in place; returns its state."""
        known = reveal(old_state)
        plan = planned(self.schema, reveal(_program(inputs)), known)
        it = self._instance(identifier, fields=self._to_api(plan), state=self._to_api(known))
        changes = self._changes(old_state, old_inputs, inputs)
        it.changed = frozenset(self.schema.properties[str(change.path[0])].api for change in changes)
        self.kind.update(it)
        answer = self.kind.settle(it)
        if answer is None:
            raise ResourceError(f"{identifier} is gone; `pulumi refresh` takes note of it")
        return self._state(it, answer, plan, inputs)

    def _changes(
        self, old_state: Values, old_inputs: Values, inputs: Values, ignore: Sequence[str] = ()
    ) -> list[Change]:
        """What the program changed, and what the workspace made of what it did not change."""
        changes = diff(self.schema, old_inputs, inputs, ignore, self.kind.suggested)
        known = {change.path[0] for change in changes}
        suppressed = Suppressed(self.kind.suggested, self.kind.rewritten, self.kind.zeros)
        return changes + [
            change
            for change in drift(self.schema, inputs, old_state, suppressed)
            if change.path[0] not in known and not ignored(change, ignore)
        ]

    def delete(self, identifier: str, old_state: Values) -> None:
        """Remove it."""
        self.kind.delete(self._instance(identifier, state=self._to_api(reveal(old_state))))

    def _instance(
        self, identifier: str, fields: Values | None = None, state: Values | None = None
    ) -> Instance[Any]:
        return Instance(
            self.api, identifier, fields or {}, state or {}, timeout=self.timeout, cancelled=self.cancelled
        )

    def _to_api(self, values: Values) -> Values:
        return to_api(self.schema.properties, values)

    def _state(self, it: Instance[Any], answer: Values, known: Values, inputs: Values) -> Values:
        state = from_api(self.schema, self.kind.complete(it, answer), self.kind.zeros)
        for api_name in self.kind.absent - answer.keys():
            state.pop(self.schema.by_api[api_name].name, None)
        for api_name in self.kind.blank:
            state.setdefault(self.schema.by_api[api_name].name, "")
        for api_name in self.kind.local:
            declared = self.schema.by_api[api_name]
            if known.get(declared.name) is not None:
                state[declared.name] = known[declared.name]
        marked = mark_secrets(self.schema.properties, state, inputs)
        # Types of the newer framework, and those that call their API's own ID by another name, have no `id`.
        return {**marked, "id": it.id} if self.kind.zeros and "id" not in self.schema.by_api else marked


def _program(inputs: Values) -> Values:
    return {key: value for key, value in inputs.items() if key != DEFAULTS}
