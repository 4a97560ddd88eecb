"""What a catalog with its storage declares, who sees it, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_databricks_mlops import ModelCatalog, import_id
from unit_declared import declare, refused

URL = "s3://bucket/prod"


def catalog(**more: Any) -> Any:
    given: Any = {"catalog": "prod", **more}
    return lambda: ModelCatalog("c", given)


@pytest.mark.parametrize(
    ("way", "made"),
    [
        ({"aws_role_arn": "arn:aws:iam::1:role/r"}, {"awsIamRole": {"roleArn": "arn:aws:iam::1:role/r"}}),
        (
            {"azure_access_connector_id": "/sub/c", "azure_managed_identity_id": "/sub/i"},
            {"azureManagedIdentity": {"accessConnectorId": "/sub/c", "managedIdentityId": "/sub/i"}},
        ),
        ({"gcp_service_account": True}, {"databricksGcpServiceAccount": {}}),
    ],
)
def test_a_catalog_has_its_own_location_and_credential(way: dict[str, Any], made: dict[str, Any]) -> None:
    estate = declare(catalog(storage={"url": URL, **way}, protect=True))
    assert estate.one("StorageCredential").inputs == {"name": "prod_storage", **made}
    location = estate.one("ExternalLocation")
    assert (location.inputs["url"], location.inputs["credentialName"]) == (URL, "prod_storage")
    assert location.request.protect
    assert location.request.retainOnDelete
    assert estate.one("Catalog").inputs["storageRoot"] == URL
    assert estate.of("Grants") == []


def test_an_existing_credential_is_used_and_left_alone() -> None:
    estate = declare(catalog(storage={"url": URL, "credential": "shared", "name": "place"}))
    assert estate.of("StorageCredential") == []
    assert estate.one("ExternalLocation").inputs["credentialName"] == "shared"


def test_an_isolated_catalog_is_bound_to_the_workspaces_that_are_named() -> None:
    workspaces = {"prod": {"workspace_id": "12", "read_only": True}, "lab": {"workspace_id": "13"}}
    estate = declare(catalog(isolated=True, workspaces=workspaces))
    assert estate.one("Catalog").inputs["isolationMode"] == "ISOLATED"
    bound = [
        (each.inputs["workspaceId"], each.inputs["bindingType"]) for each in estate.of("WorkspaceBinding")
    ]
    assert bound == [("13", "BINDING_TYPE_READ_WRITE"), ("12", "BINDING_TYPE_READ_ONLY")]
    assert all(each.request.deleteBeforeReplace for each in estate.of("WorkspaceBinding"))


def test_importers_read_models_and_nothing_else() -> None:
    roles = {"importers": ["prod-runner"], "readers": ["analysts"]}
    estate = declare(catalog(schemas={"flights": {"models": {"delay": {}}}}, roles=roles))
    held = {
        privilege
        for each in estate.of("Grants")
        for grant in each.inputs["grants"]
        if grant["principal"] == "prod-runner"
        for privilege in grant["privileges"]
    }
    assert held == {"USE_CATALOG", "USE_SCHEMA", "EXECUTE"}


def test_every_problem_of_a_catalogs_storage_is_told_at_once() -> None:
    storage = {"url": URL, "name": "a b", "azure_managed_identity_id": "/i"}
    error = refused(catalog(storage=storage, storage_root=URL, workspaces={"prod": {"workspace_id": "1"}}))
    for part in (
        "give isolated",
        "storage_root and storage",
        "'a b' is not",
        "none of them",
        "managed identity",
    ):
        assert part in error, part


@pytest.mark.parametrize(
    ("kind", "inputs", "told"),
    [
        ("Schema", {"catalogName": "dev", "name": "flights"}, "dev.flights"),
        ("SqlTable", {"catalogName": "dev", "schemaName": "flights", "name": "t"}, "dev.flights.t"),
        ("Grants", {"schema": "dev.flights", "grants": []}, "schema/dev.flights"),
        ("Permissions", {"jobId": "7", "accessControls": []}, "/jobs/7"),
        ("SecretAcl", {"scope": "s", "principal": "p", "permission": "READ"}, "s|||p"),
        ("WorkspaceBinding", {"workspaceId": 12.0, "securableName": "dev"}, "12|catalog|dev"),
        ("Schema", {"catalogName": None, "name": "flights"}, None),
        ("Job", {"name": "j"}, None),
    ],
)
def test_an_import_id_is_made_of_names_where_they_say_it(
    kind: str, inputs: dict[str, Any], told: str | None
) -> None:
    assert import_id(kind, inputs) == told
