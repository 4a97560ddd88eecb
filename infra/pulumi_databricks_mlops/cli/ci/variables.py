"""The variables of a pipeline's job: those it needs, checked first, and those that name files to write to."""

from __future__ import annotations

import os
from pathlib import Path

from pulumi_databricks_mlops.cli.ci import sign_in
from pulumi_databricks_mlops.cli.errors import CliError

_OIDC = ("github-oidc", "azure-devops-oidc")


def check(stack: str) -> None:
    """Refuse a job whose environment lacks something, naming all of it at once.

    Raises:
        CliError: with what is missing and where it belongs.
    """
    if not (os.environ.get("GITHUB_ACTIONS") or os.environ.get("TF_BUILD")):
        return  # a person's terminal: the engine says what it lacks
    sign_in.drop_unset()
    _check(stack)
    sign_in.prepare()


def _check(stack: str) -> None:
    missing = [name for name in ("PULUMI_BACKEND_URL",) if not os.environ.get(name)]
    method = os.environ.get("DATABRICKS_AUTH_TYPE", "")
    if method in _OIDC and not os.environ.get("DATABRICKS_CLIENT_ID"):
        missing.append("DATABRICKS_CLIENT_ID")
    if not (os.environ.get("DATABRICKS_HOST") or os.environ.get("DATABRICKS_ACCOUNT_ID")):
        missing.append("DATABRICKS_ACCOUNT_ID (or DATABRICKS_HOST, for an existing workspace)")
    if missing:
        where = "variable group" if os.environ.get("TF_BUILD") else "environment"
        raise CliError(
            f"Not set: {', '.join(missing)}. They belong in the variables of this job's {where}, and "
            f"`pulumi up --stack {stack}` with `ci` settings writes them there (docs/ci.md)."
        )
    if method == "github-oidc" and not os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        raise CliError(
            "This job can't get an identity token: give it `permissions: {id-token: write}`. "
            "Workflows of forks never get one."
        )


def required(name: str, remedy: str) -> str:
    """A variable of the platform's; raises a CliError with the remedy when it is not there."""
    value = os.environ.get(name, "")
    if not value:
        raise CliError(f"{name} is not set: {remedy}")
    return value


def append(variable: str, text: str) -> None:
    """Append to the file that a variable names, where there is one."""
    name = os.environ.get(variable)
    if name:
        with Path(name).open("a", encoding="utf-8") as output:
            output.write(f"{text}\n")
