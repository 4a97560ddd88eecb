"""A new workspace on Azure, through pulumi-azure-native: the extra `azure`, imported only here."""

from importlib import import_module
from typing import Any

import pulumi

from pulumi_databricks_mlops.problems import InputError
from pulumi_databricks_mlops.workspace_account import Made
from pulumi_databricks_mlops.workspace_args import AzureNetworkArgs, NewWorkspaceArgs


def azure_sdk() -> Any:
    """The SDK's module for Databricks.

    Raises:
        InputError: pulumi-azure-native is not installed.
    """
    try:
        return import_module("pulumi_azure_native.databricks")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("pulumi_azure_native"):
            raise
        raise InputError(
            "A new workspace on Azure needs the package pulumi-azure-native, which is not installed: "
            "pip install 'pulumi-databricks-mlops[azure]'"
        ) from None


def make_azure_workspace(
    name: str, wanted: NewWorkspaceArgs, tags: dict[str, str], opts: pulumi.ResourceOptions, kept: bool
) -> Made:
    """Make the workspace; serverless, unless a managed resource group makes it classic.

    Args:
        name: prefix of the resources' names.
        wanted: what it is.
        tags: of the workspace.
        opts: with the component as the parent.
        kept: whether `destroy` refuses.
    """
    sdk, azure = azure_sdk(), wanted["azure"]
    classic = "managed_resource_group_id" in azure
    inputs: dict[str, Any] = {}
    if classic:
        inputs["managed_resource_group_id"] = azure["managed_resource_group_id"]
        inputs["parameters"] = _network(sdk, azure.get("network"))
    made = sdk.Workspace(
        f"{name}-workspace",
        resource_group_name=azure["resource_group"],
        workspace_name=wanted["name"],
        location=wanted["region"],
        compute_mode="Hybrid" if classic else "Serverless",
        sku=sdk.SkuArgs(name=wanted.get("pricing_tier", "PREMIUM").lower()),
        tags=tags,
        **inputs,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=kept, retain_on_delete=kept)),
    )
    # Azure says the address without its scheme.
    return Made(pulumi.Output.concat("https://", made.workspace_url), made.workspace_id)


def _network(sdk: Any, network: AzureNetworkArgs | None) -> Any:
    own: dict[str, Any] = {}
    if network is not None:
        text = sdk.WorkspaceCustomStringParameterArgs
        own = {
            "custom_virtual_network_id": text(value=network["virtual_network_id"]),
            "custom_public_subnet_name": text(value=network["public_subnet"]),
            "custom_private_subnet_name": text(value=network["private_subnet"]),
        }
    closed = sdk.WorkspaceNoPublicIPBooleanParameterArgs(value=True)
    return sdk.WorkspaceCustomParametersArgs(enable_no_public_ip=closed, **own)
