"""Where the code host is: providers of GitHub and Azure DevOps, and who signs their pipelines' tokens.

`MLOPS_SANDBOX_URL` points them at the sandbox, whatever the settings say. Tokens stay in the environment
(`GITHUB_TOKEN`, `AZDO_PERSONAL_ACCESS_TOKEN`), where the plugins read them, and so out of the state.
"""

from __future__ import annotations

import os

import pulumi
import pulumi_databricks_mlops  # noqa: F401 - makes the import of the SDKs below fast
from settings.ci import Ci

_GITHUB_TOKENS = "https://token.actions.githubusercontent.com"
_AZURE_TOKENS = "https://vstoken.dev.azure.com"


def code_host(name: str, ci: Ci) -> pulumi.ProviderResource:
    """The provider of the repository's platform."""
    sandbox = os.environ.get("MLOPS_SANDBOX_URL")
    if ci.platform == "github":
        import pulumi_github as github

        return github.Provider(
            f"{name}-github",
            base_url=f"{sandbox}/github/" if sandbox else _enterprise(ci),
            owner=ci.owner,
            # Otherwise it waits a second between writes.
            write_delay_ms=0 if sandbox else None,
        )
    import pulumi_azuredevops as azuredevops

    root = f"{sandbox}/azuredevops" if sandbox else ci.host
    return azuredevops.Provider(f"{name}-azure-devops", org_service_url=f"{root}/{ci.owner}")


def _enterprise(ci: Ci) -> str | None:
    return f"{ci.host}/" if ci.url else None


def issuer(ci: Ci) -> str:
    """Who signs the tokens of the platform's pipelines."""
    sandbox = os.environ.get("MLOPS_SANDBOX_URL")
    if sandbox:
        return f"{sandbox}/{'github' if ci.platform == 'github' else 'azuredevops'}/_oidc"
    if ci.platform == "azure-devops":
        return f"{_AZURE_TOKENS}/{ci.organization_id}"
    return f"{ci.host}/_services/token" if ci.url else _GITHUB_TOKENS
