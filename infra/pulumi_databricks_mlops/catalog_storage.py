"""The storage of a catalog: an external location, and a credential that opens it.

Nobody is granted anything on either: who deploys owns them, and everybody else reads through the catalog.
"""

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops.catalog_args import ModelCatalogArgs, StorageArgs
from pulumi_databricks_mlops.problems import UC_NAME, UC_RIGHT, Problems
from pulumi_databricks_mlops.provided import present

_WAYS = ("credential", "aws_role_arn", "azure_access_connector_id", "gcp_service_account")


def declare_storage(
    name: str, catalog: pulumi.Input[str], wanted: StorageArgs, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Make the location, and the credential unless it exists; returns the URL, known when both are there."""
    called = wanted.get("name") or pulumi.Output.concat(catalog, "_storage")
    credential = wanted.get("credential")
    if credential is None:
        credential = _credential(f"{name}-credential", called, wanted, opts).name
    location = databricks.ExternalLocation(
        f"{name}-location",
        name=called,
        url=wanted["url"],
        credential_name=credential,
        comment="Managed data of a catalog",
        skip_validation=wanted.get("skip_validation"),
        opts=opts,
    )
    return location.url


def _credential(
    name: str, called: pulumi.Input[str], wanted: StorageArgs, opts: pulumi.ResourceOptions
) -> databricks.StorageCredential:
    made = present(
        aws_iam_role={"role_arn": wanted["aws_role_arn"]} if "aws_role_arn" in wanted else None,
        azure_managed_identity=present(
            access_connector_id=wanted["azure_access_connector_id"],
            managed_identity_id=wanted.get("azure_managed_identity_id"),
        )
        if "azure_access_connector_id" in wanted
        else None,
        databricks_gcp_service_account={} if wanted.get("gcp_service_account", False) else None,
        skip_validation=wanted.get("skip_validation"),
    )
    return databricks.StorageCredential(name, name=called, opts=opts, **made)


def check(problems: Problems, args: ModelCatalogArgs) -> None:
    """Add what is wrong with a catalog's storage and workspaces."""
    if args.get("workspaces") and not args.get("isolated", False):
        problems.add("It has workspaces, but every workspace sees it: give isolated too.")
    storage = args.get("storage")
    if storage is None:
        return
    if "storage_root" in args:
        problems.add("It has storage_root and storage: give one of them.")
    problems.require_name("The external location", storage.get("name"), UC_NAME, UC_RIGHT)
    used = [way for way in _WAYS if storage.get(way)]
    if len(used) != 1:
        has = " and ".join(used) or "none of them"
        problems.add(f"The storage has {has}: give exactly one of {', '.join(_WAYS)}.")
    if "azure_managed_identity_id" in storage and "azure_access_connector_id" not in storage:
        problems.add(
            "The storage has a managed identity of Azure, but no azure_access_connector_id: give it."
        )
