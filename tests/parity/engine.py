"""As much of the engine as deploys a handful of resources through a provider's gRPC service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc
from mlops_sandbox.providers.bridge.values import decode, encode, reveal
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc


class CheckError(Exception):
    """Check found something wrong."""


@dataclass
class Resource:
    """A resource in the state."""

    type: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]

    @property
    def plain(self) -> dict[str, Any]:
        return dict(reveal(self.outputs))


@dataclass
class Engine:
    """One stack: resources by name, in the order of their creation."""

    channel: grpc.Channel
    settings: dict[str, Any]
    state: dict[str, Resource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.provider = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.provider.Configure(provider_pb2.ConfigureRequest(args=encode(self.settings)))

    def check(self, name: str, kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
        old = self.state.get(name)
        answer = self.provider.Check(
            provider_pb2.CheckRequest(
                urn=_urn(name, kind),
                news=encode(inputs),
                olds=encode(old.inputs if old else {}),
                name=name,
                type=kind,
                randomSeed=b"seed",
            )
        )
        if answer.failures:
            raise CheckError("; ".join(failure.reason for failure in answer.failures))
        return decode(answer.inputs)

    def diff(self, name: str, kind: str, inputs: dict[str, Any]) -> Any:
        old = self.state[name]
        return self.provider.Diff(
            provider_pb2.DiffRequest(
                id=old.id,
                urn=_urn(name, kind),
                olds=encode(old.outputs),
                old_inputs=encode(old.inputs),
                news=encode(inputs),
                name=name,
                type=kind,
            )
        )

    def up(self, name: str, kind: str, inputs: dict[str, Any], delete_first: bool = False) -> str:
        """Deploy one resource; returns what it took: create, same, update or replace."""
        checked = self.check(name, kind, inputs)
        old = self.state.get(name)
        if old is None:
            self._create(name, kind, checked)
            return "create"
        diff = self.diff(name, kind, checked)
        if diff.replaces:
            if diff.deleteBeforeReplace or delete_first:
                self._delete(name, old)
                self._create(name, kind, checked)
            else:
                self._create(name, kind, checked)
                self._delete(name, old)
            return "replace"
        if diff.changes == provider_pb2.DiffResponse.DIFF_NONE:
            old.inputs = checked
            return "same"
        answer = self.provider.Update(
            provider_pb2.UpdateRequest(
                id=old.id,
                urn=_urn(name, kind),
                olds=encode(old.outputs),
                old_inputs=encode(old.inputs),
                news=encode(checked),
                name=name,
                type=kind,
            )
        )
        self.state[name] = Resource(kind, old.id, checked, decode(answer.properties))
        return "update"

    def refresh(self, name: str) -> str:
        """Read one resource; returns same, update or delete."""
        old = self.state[name]
        answer = self.provider.Read(
            provider_pb2.ReadRequest(
                id=old.id,
                urn=_urn(name, old.type),
                properties=encode(old.outputs),
                inputs=encode(old.inputs),
                name=name,
                type=old.type,
            )
        )
        if not answer.id:
            del self.state[name]
            return "delete"
        inputs = decode(answer.inputs)
        changed = self.diff(name, old.type, inputs).changes == provider_pb2.DiffResponse.DIFF_SOME
        self.state[name] = Resource(old.type, answer.id, inputs, decode(answer.properties))
        return "update" if changed else "same"

    def destroy(self) -> None:
        """Delete everything, the newest first."""
        for name in reversed(list(self.state)):
            self._delete(name, self.state.pop(name))

    def _create(self, name: str, kind: str, checked: dict[str, Any]) -> None:
        answer = self.provider.Create(
            provider_pb2.CreateRequest(urn=_urn(name, kind), properties=encode(checked), name=name, type=kind)
        )
        self.state[name] = Resource(kind, answer.id, checked, decode(answer.properties))

    def _delete(self, name: str, old: Resource) -> None:
        self.provider.Delete(
            provider_pb2.DeleteRequest(
                id=old.id, urn=_urn(name, old.type), properties=encode(old.outputs), name=name, type=old.type
            )
        )


def _urn(name: str, kind: str) -> str:
    return f"urn:pulumi:test::test::{kind}::{name}"
