"""A list of changes as the protocol's Diff answers it."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import provider_pb2

from mlops_sandbox.providers.bridge.diff import Change, Kind

_KINDS = {
    (Kind.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Kind.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Kind.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Kind.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Kind.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Kind.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def diff_response(changes: list[Change], delete_first: bool) -> Any:
    """The answer, with a path and a kind for every change so that a preview can show it."""
    response = provider_pb2.DiffResponse(hasDetailedDiff=True)
    if not changes:
        response.changes = provider_pb2.DiffResponse.DIFF_NONE
        return response
    response.changes = provider_pb2.DiffResponse.DIFF_SOME
    response.diffs.extend(sorted({str(change.path[0]) for change in changes}))
    response.replaces.extend(sorted({str(change.path[0]) for change in changes if change.replaces}))
    response.deleteBeforeReplace = bool(response.replaces) and delete_first
    for change in changes:
        entry = response.detailedDiff[change.text]
        entry.kind = _KINDS[change.kind, change.replaces]
        entry.inputDiff = True
    return response
