"""The `ci` settings in the component's terms: environments, identities and variables of the pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from settings.ci import Ci
from settings.environment import EnvironmentSettings

if TYPE_CHECKING:
    import pulumi
    from pulumi_databricks_mlops import CiRepositoryArgs

_PIPELINES = {
    "mlops-pull-request": ".azure/pull-request.yml",
    "mlops-staging": ".azure/staging.yml",
    "mlops-release": ".azure/release.yml",
    "mlops-drift": ".azure/drift.yml",
    "mlops-operate": ".azure/operate.yml",
}
_VALIDATES = "mlops-pull-request"
_WORKFLOWS = {"github": ".github/workflows", "azure-devops": ".azure"}
INTEGRATION = "integration"
"""The environment, and the identity, of pull requests' integration tests."""


def ci_environments(environment: EnvironmentSettings, ci: Ci) -> dict[str, str]:
    """Whom each environment of the repository signs in as: deployer, previewer or integration."""
    found = {environment.name: "deployer", f"{environment.name}-preview": "previewer"}
    if ci.integration:
        found[INTEGRATION] = "integration"
    return found


def subjects(environment: EnvironmentSettings, ci: Ci) -> dict[str, list[str]]:
    """The subjects of the platform's tokens that each identity trusts."""
    trusted: dict[str, list[str]] = {}
    for name, identity in ci_environments(environment, ci).items():
        if ci.platform == "github":
            found = [f"repo:{ci.owner}/{ci.repository}:environment:{name}"]
        else:
            found = [f"p://{ci.owner}/{ci.project}/{pipeline}" for pipeline in _users(environment, identity)]
        trusted.setdefault(identity, []).extend(found)
    return trusted


def trusts(environment: EnvironmentSettings, ci: Ci, issuer: str) -> list[dict[str, Any]]:
    """Whose tokens speak for which identity, in the component's terms."""
    return [
        {"principal": identity, "issued": {"issuer": issuer, "subject": subject}}
        for identity, found in sorted(subjects(environment, ci).items())
        for subject in found
    ]


def _users(environment: EnvironmentSettings, identity: str) -> list[str]:
    """The Azure pipelines that sign in as an identity."""
    if identity == "integration":
        return [_VALIDATES]
    if identity == "previewer":
        return [_VALIDATES, "mlops-drift"]
    return ["mlops-release" if environment.protect else "mlops-staging", "mlops-operate"]


def ci_repository_args(
    environment: EnvironmentSettings,
    ci: Ci,
    identities: Mapping[str, pulumi.Input[str]],
    *,
    variables: Mapping[str, pulumi.Input[str]],
    secrets: Mapping[str, pulumi.Input[str]],
    root: Path,
) -> CiRepositoryArgs:
    """The component's arguments.

    Args:
        environment: the stack's environment.
        ci: its `ci`.
        identities: application IDs by identity: deployer, previewer, integration.
        variables: what every pipeline of the environment needs to know.
        secrets: values of `ci.secrets`, and of client secrets where those are chosen.
        root: the folder with the workflow files.
    """
    governs = ci.governed_by == environment.name
    environments: dict[str, Any] = {}
    for name, identity in ci_environments(environment, ci).items():
        told = {**variables, **ci.variables, "DATABRICKS_AUTH_TYPE": _auth_type(ci)}
        if identity in identities:
            told["DATABRICKS_CLIENT_ID"] = identities[identity]
        environments[name] = {"variables": told}
        if secrets and identity == "deployer":
            environments[name]["secrets"] = secrets
            if ci.platform == "azure-devops":
                environments[name]["pipelines"] = _users(environment, identity)
    environments[environment.name] |= _deployment(environment, ci)
    args: dict[str, Any] = {
        "platform": ci.platform,
        "repository": ci.repository,
        "governs": governs,
        "default_branch": ci.default_branch,
        "release_branch": ci.release_branch,
        "approvals": ci.approvals,
        "required_checks": ci.required_checks,
        "environments": environments,
        "protect": environment.protect,
    }
    if ci.project:
        args["project"] = ci.project
    if governs:
        args |= _governed(ci, root)
    return cast("CiRepositoryArgs", args)


def _auth_type(ci: Ci) -> str:
    if ci.credentials == "secret":
        return "oauth-m2m"
    return "github-oidc" if ci.platform == "github" else "azure-devops-oidc"


def _deployment(environment: EnvironmentSettings, ci: Ci) -> dict[str, Any]:
    branch = ci.release_branch if environment.protect else ci.default_branch
    return {
        "reviewers": ci.reviewers,
        "approvals": ci.required_reviewers,
        "branches": [branch] if ci.branches is None else ci.branches,
    }


def _governed(ci: Ci, root: Path) -> dict[str, Any]:
    args: dict[str, Any] = {"create": ci.create, "visibility": ci.visibility}
    if ci.platform == "azure-devops":
        args["pipelines"] = {
            name: {"path": path, "validates": name == _VALIDATES} for name, path in _PIPELINES.items()
        }
    if ci.write_files:
        folder = root / _WORKFLOWS[ci.platform]
        args["write_files"] = ci.write_files
        args["files"] = {
            file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
            for file in sorted(folder.glob("*.yml"))
        }
    return args
