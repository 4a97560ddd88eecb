"""The `ci` settings in the component's terms: environments, identities and variables of the pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import code_hosts
import providers
import pulumi
from pulumi_databricks_mlops import CiRepository
from settings.ci import Ci
from settings.environment import EnvironmentSettings

if TYPE_CHECKING:
    from pulumi_databricks_mlops import CiRepositoryArgs, ServiceIdentity

_PIPELINES = {
    "mlops-pull-request": ".azure/pull-request.yml",
    "mlops-staging": ".azure/staging.yml",
    "mlops-release": ".azure/release.yml",
    "mlops-drift": ".azure/drift.yml",
    "mlops-operate": ".azure/operate.yml",
}
_VALIDATES = "mlops-pull-request"
_WORKFLOWS = {"github": (".github/workflows", ".github/actions"), "azure-devops": (".azure",)}
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
        # At night, what killed runs left behind is swept.
        return [_VALIDATES, "mlops-drift"]
    if identity == "previewer":
        return [_VALIDATES, "mlops-drift", *(["mlops-release"] if environment.protect else [])]
    return ["mlops-release" if environment.protect else "mlops-staging", "mlops-operate"]


def identity_args(environment: EnvironmentSettings, ci: Ci) -> dict[str, Any]:
    """What the identities need beside their own settings, so that pipelines can sign in as them."""
    own = environment.identities
    if own is None:
        return {}
    wanted = {*own.principals, *ci_environments(environment, ci).values()}
    args: dict[str, Any] = {"principals": sorted(wanted)}
    if ci.credentials == "secret":
        args["secret"] = own.secret.model_dump() if own.secret else {}
    else:
        others = [each.model_dump(exclude_none=True) for each in own.trusts]
        args["trusts"] = [*others, *trusts(environment, ci, code_hosts.issuer(ci))]
    return args


def deploy_repository(
    environment: EnvironmentSettings,
    ci: Ci,
    identity: ServiceIdentity | None,
    secrets: Mapping[str, pulumi.Input[str]],
    root: Path,
) -> CiRepository:
    """Register what of the repository is this stack's.

    Args:
        environment: the stack's environment.
        ci: its `ci`.
        identity: who pipelines sign in as; None when the program makes nobody.
        secrets: values of `ci.secrets`.
        root: the folder with the workflow files.
    """
    name = f"{environment.name}-ci"
    args = ci_repository_args(
        environment, ci, identity.client_ids if identity else {}, secrets=secrets, root=root
    )
    for key, kind in ci_environments(environment, ci).items():
        if identity and kind in identity.client_secrets:
            held = {**args["environments"][key].get("secrets", {})}
            held["DATABRICKS_CLIENT_SECRET"] = identity.client_secrets[kind]
            args["environments"][key]["secrets"] = held
    if ci.platform == "azure-devops":
        for key, kind in ci_environments(environment, ci).items():
            if args["environments"][key].get("secrets"):
                args["environments"][key]["pipelines"] = _users(environment, kind)
    return CiRepository(
        name, args, pulumi.ResourceOptions(providers=[code_hosts.code_host(environment.name, ci)])
    )


def ci_repository_args(
    environment: EnvironmentSettings,
    ci: Ci,
    client_ids: Mapping[str, pulumi.Input[str]],
    *,
    secrets: Mapping[str, pulumi.Input[str]],
    root: Path,
) -> CiRepositoryArgs:
    """The component's arguments, without client secrets.

    Args:
        environment: the stack's environment.
        ci: its `ci`.
        client_ids: application IDs by identity: deployer, previewer, integration.
        secrets: values of `ci.secrets`; every environment has them, a preview decrypts the state too.
        root: the folder with the workflow files.
    """
    governs = ci.governed_by == environment.name
    variables = _variables(environment, ci)
    environments: dict[str, Any] = {}
    for name, identity in ci_environments(environment, ci).items():
        told = dict(variables)
        if identity in client_ids:
            told["DATABRICKS_CLIENT_ID"] = client_ids[identity]
        environments[name] = {"variables": told, "secrets": dict(secrets)}
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


def _variables(environment: EnvironmentSettings, ci: Ci) -> dict[str, pulumi.Input[str]]:
    """What every pipeline of the environment needs to know."""
    known: dict[str, str | None] = {
        "DATABRICKS_AUTH_TYPE": _auth_type(ci),
        "PULUMI_BACKEND_URL": ci.backend,
        "PULUMI_SECRETS_PROVIDER": ci.secrets_provider,
    }
    if environment.workspace.create is None:
        known["DATABRICKS_HOST"] = providers.workspace_host(environment.workspace)
    if environment.in_account:
        account = providers.account_args(environment.account, environment.workspace)
        known["DATABRICKS_ACCOUNT_ID"] = str(account["account_id"])
        known["DATABRICKS_ACCOUNT_HOST"] = str(account.get("host"))
    return {**{key: value for key, value in known.items() if value is not None}, **ci.variables}


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
        folders = [root / folder for folder in _WORKFLOWS[ci.platform]]
        args["write_files"] = ci.write_files
        args["files"] = {
            file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
            for folder in folders
            for file in sorted(folder.rglob("*.yml"))
        }
    return args
