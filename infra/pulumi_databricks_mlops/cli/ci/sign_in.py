"""Where the state is kept lets a pipeline in by its own token too: AWS, Azure and Pulumi Cloud.

On GitHub alone: an Azure pipeline's tokens have one audience, and these want their own. Databricks' sign-in
is the SDK's and the provider's own (`DATABRICKS_AUTH_TYPE`).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from pulumi_databricks_mlops.cli.ci import rest
from pulumi_databricks_mlops.cli.errors import CliError

_UNSET = re.compile(r"\$\([\w.]+\)")
_TAKEN = ("AWS_", "AZURE_", "GOOGLE_", "PULUMI_")


def prepare() -> None:
    """Sign in where the job's variables say how; a token is good for minutes, so before each engine's run.

    Raises:
        CliError: the platform gives no token, or Pulumi Cloud refuses it.
    """
    drop_unset()
    if not os.environ.get("GITHUB_ACTIONS"):
        return
    _take_variables()
    if _has("AWS_ROLE_ARN"):
        os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"] = _token_file("aws", "sts.amazonaws.com")
    if _has("AZURE_CLIENT_ID", "AZURE_TENANT_ID") and not _has("AZURE_CLIENT_SECRET"):
        os.environ["AZURE_FEDERATED_TOKEN_FILE"] = _token_file("azure", "api://AzureADTokenExchange")
    cloud = os.environ.get("PULUMI_BACKEND_URL", "").startswith("https://")
    if cloud and _has("PULUMI_ORGANIZATION") and not _has("PULUMI_ACCESS_TOKEN"):
        _pulumi_cloud(os.environ["PULUMI_ORGANIZATION"])


def drop_unset() -> None:
    """Azure Pipelines leaves a macro that nothing is called as it is, `$(NAME)`: that is no value."""
    if os.environ.get("TF_BUILD"):
        for name in [name for name, value in os.environ.items() if _UNSET.fullmatch(value)]:
            del os.environ[name]


def _take_variables() -> None:
    """The environment's variables (`MLOPS_VARIABLES`, all of them as JSON) that say where the state is."""
    for name, value in json.loads(os.environ.get("MLOPS_VARIABLES") or "{}").items():
        if name.startswith(_TAKEN) and value and not os.environ.get(name):
            os.environ[name] = str(value)


def _has(*names: str) -> bool:
    return all(os.environ.get(name) for name in names)


def _token_file(name: str, audience: str) -> str:
    """A fresh identity token in a file of its own."""
    url, token = (os.environ.get(f"ACTIONS_ID_TOKEN_REQUEST_{each}", "") for each in ("URL", "TOKEN"))
    if not url:
        raise CliError("This job can't get an identity token: give it `permissions: {id-token: write}`.")
    value = rest.call("GET", f"{url}&audience={quote(audience, safe='')}", token)["value"]
    folder = os.environ.get("RUNNER_TEMP") or tempfile.gettempdir()
    file = Path(folder) / f"mlops-{name}.jwt"
    file.touch(0o600)
    file.write_text(value, encoding="utf-8")
    return str(file)


def _pulumi_cloud(organization: str) -> None:
    file = _token_file("pulumi", f"urn:pulumi:org:{organization}")
    command = ["pulumi", "login", "--oidc-token", f"file://{file}", "--oidc-org", organization]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CliError(
            f"Pulumi Cloud did not let this run in: {done.stderr.strip()}. Its organization {organization} "
            "must trust GitHub's issuer for this repository."
        )
