"""Taking over what exists: import IDs from names, and a transform that imports what a component declares."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

Inputs = Mapping[str, Any]
"""A resource's inputs under the provider's names, as transforms see them."""


def _joined(*fields: str, by: str = ".") -> Callable[[Inputs], str | None]:
    def told(inputs: Inputs) -> str | None:
        values = [inputs.get(field) for field in fields]
        known = [value for value in values if isinstance(value, str | int | float)]
        return by.join(_text(value) for value in known) if len(known) == len(values) else None

    return told


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else str(int(value))


def _grants(inputs: Inputs) -> str | None:
    """The kind of securable and its name."""
    for field, kind in _SECURABLES.items():
        if isinstance(inputs.get(field), str):
            return f"{kind}/{inputs[field]}"
    return None


def _permissions(inputs: Inputs) -> str | None:
    """The kind of object and its ID or path."""
    for field, kind in _OBJECTS.items():
        if isinstance(inputs.get(field), str | int | float):
            return f"/{kind}/{_text(inputs[field])}"
    return None


def _binding(inputs: Inputs) -> str | None:
    kind = inputs.get("securableType", "catalog")
    return _joined("workspaceId", "securableType", "securableName", by="|")({**inputs, "securableType": kind})


def _entitled(inputs: Inputs) -> str | None:
    """The kind of principal and its number."""
    for field, kind in _PRINCIPALS.items():
        if isinstance(inputs.get(field), str):
            return f"{kind}/{inputs[field]}"
    return None


_PRINCIPALS = {"userId": "user", "groupId": "group", "servicePrincipalId": "spn"}
_SECURABLES = {
    "catalog": "catalog",
    "schema": "schema",
    "table": "table",
    "volume": "volume",
    "model": "model",
    "externalLocation": "external_location",
    "storageCredential": "storage_credential",
}
_OBJECTS = {
    "jobId": "jobs",
    "experimentId": "experiments",
    "servingEndpointId": "serving-endpoints",
    "sqlEndpointId": "sql/warehouses",
    "directoryId": "directories",
    "clusterPolicyId": "cluster-policies",
}
_NAME = _joined("name")
_FULL_NAME = _joined("catalogName", "schemaName", "name")
_IDS: dict[str, Callable[[Inputs], str | None]] = {
    "AccessControlRuleSet": _NAME,
    "Catalog": _NAME,
    "Directory": _joined("path"),
    "Entitlements": _entitled,
    "ExternalLocation": _NAME,
    "Grants": _grants,
    "GroupMember": _joined("groupId", "memberId", by="|"),
    "MetastoreAssignment": _joined("workspaceId", "metastoreId", by="|"),
    "ModelServing": _NAME,
    "MwsPermissionAssignment": _joined("workspaceId", "principalId", by="|"),
    "Notebook": _joined("path"),
    "OnlineStore": _NAME,
    "Permissions": _permissions,
    "QualityMonitor": _joined("tableName"),
    "RegisteredModel": _FULL_NAME,
    "Schema": _joined("catalogName", "name"),
    "SecretAcl": _joined("scope", "principal", by="|||"),
    "SecretScope": _NAME,
    "SqlTable": _FULL_NAME,
    "StorageCredential": _NAME,
    "VectorSearchEndpoint": _NAME,
    "VectorSearchIndex": _NAME,
    "Volume": _FULL_NAME,
    "WorkspaceBinding": _binding,
    "WorkspaceFile": _joined("path"),
}
"""Types whose ID is made of names. Jobs, experiments, warehouses and others have one of the workspace's."""


TYPES = frozenset(_IDS)
"""The same, as names."""


def import_id(kind: str, inputs: Inputs) -> str | None:
    """The ID that `pulumi import` takes.

    Args:
        kind: the type's last part, `Schema` for example.
        inputs: the resource's inputs, under the provider's names.

    Returns:
        None where names do not say it: the workspace gave one, or a name is not known yet.
    """
    return _IDS[kind](inputs) if kind in _IDS else None


def take_over(*what: str, ids: Mapping[str, str] | None = None) -> pulumi.ResourceTransform:
    """A transform that imports resources of a component, for its `transforms` option.

    A preview shows what is imported and what differs from the program, which the same `up` changes. Once
    the resources are in the state, the transform does nothing and may be taken out.

    Args:
        what: types (`Schema`), or names of single resources (`dev-flights-data-flights`).
        ids: IDs of resources whose names do not say them, by the resource's name.

    Raises:
        InputError: in the program, for a resource whose ID is neither known nor given.
    """
    given = ids or {}

    def imported(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        kind = args.type_.rpartition(":")[2]
        if args.name in given:
            found: str | None = given[args.name]
        elif args.custom and {kind, args.name} & set(what):
            found = import_id(kind, args.props)
        else:
            return None
        if found is None:
            from pulumi_databricks_mlops.problems import InputError

            raise InputError(
                f"take_over: the names of the {kind} {args.name!r} do not say its ID: "
                f"give it, ids={{{args.name!r}: 'ID'}}."
            )
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(import_=found))
        return pulumi.ResourceTransformResult(props=args.props, opts=options)

    return imported
