"""Who may do what, as a page: rendered from the roles, so it can't say anything else than they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_databricks_mlops import roles
from pulumi_databricks_mlops.service_identity import GROUPS, ROLE_OF
from pulumi_databricks_mlops.service_identity_args import TrustArgs
from pulumi_databricks_mlops.trust import trust

_HEAD = """# Identities and permissions

Everyone who works in an environment has a role in it. Roles are given to principals that exist (`roles` in
the settings: a group, an e-mail address, a service principal's application ID), and to those that the
environment makes for itself (`identities`). A role is the least that its work needs: nobody holds
`ALL PRIVILEGES`, `account users` may read at most, and no personal access token is made.

Groups are the account's: Unity Catalog does not know a workspace's own groups, among them `users` and
`admins`. Everyone is `account users`; for jobs, endpoints and other objects of a workspace that means its
`users`.

This page is made from the code: `python -m settings.schema ../docs`, in `infra/`.

## What an environment makes

`identities: {}` makes service principals and groups in the account, puts them into the workspace, and gives
them their roles. Names begin with the environment's: `prod-runner`, `prod-owners`.

"""

_PURPOSE = {
    "deployer": "pipelines that deploy sign in as it",
    "previewer": "pipelines of pull requests and the drift check sign in as it",
    "integration": "pipelines that test a change in a short-lived copy sign in as it",
    "runner": "jobs run as it",
    "caller": "applications that ask the endpoint sign in as it",
    "readers": "people who look",
    "developers": "people who change the models",
    "owners": "people who answer for it",
}

_OBJECTS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("workspace", roles.WORKSPACE),
    ("catalog, with everything in it", roles.CATALOG),
    ("a project's schema: its tables, volumes, functions and models", roles.SCHEMA),
    ("a project's registered model", roles.MODEL),
    ("job", roles.JOB),
    ("serving endpoint", roles.ENDPOINT),
    ("experiment", roles.EXPERIMENT),
    ("workspace folder", roles.FOLDER),
    ("secret scope", roles.SCOPE),
    ("SQL warehouse", roles.WAREHOUSE),
    ("cluster policy", roles.POLICY),
    ("the runner", roles.RUNNER),
    ("budget policy", roles.BUDGET),
)

_MATRIX_NOTES = """
An empty cell is nothing. Grants on a catalog are for everything in it; a principal with several roles holds
the privileges of all, and the strongest level on an object. `runner` has one principal, the others any
number. Workspace admins may do everything in their workspace, so only who deploys is one. The workspace row
is for what `identities` makes; others come into the workspace as their company does it.

`MANAGE` on the catalog lets deployers grant, change and drop what is in it; they read tables only because a
monitor reads as who made it. Who makes the catalog needs `CREATE CATALOG` on the metastore.

## How pipelines sign in
"""

_TAIL = """
A federation policy trusts exactly that subject, so nothing is stored: a job of another repository,
environment or pipeline is refused. `identities.trusts` lists whose tokens speak for which service principal;
with `ci` settings these come by themselves.

## Client secrets, where a platform issues no tokens

`identities.secret` makes two client secrets for each of the pipelines' principals. Time is cut into periods
of `rotate_days`; in each, the older of the two is replaced and becomes the current one, and the other goes
on working until the next rotation. The first preview in a new period shows the rotation, and all previews of
one period are the same. A secret lives two periods and 30 days, so a rotation may be a month late.

## Who may be whom

Deployers and owners may let jobs run as the runner (`roles/servicePrincipal.user`), and nobody else may.
Deleting an environment deletes its principals; the account keeps none of them, switched off, behind.

What is in the account (workspaces, principals, groups, policies) is made by an account admin: the first
`pulumi up` of an environment, and later changes of these. Everything else a deployer does, and a previewer
may preview: both work from the state. Reading back (`--refresh`) takes more: Databricks
shows what is in the account to account admins alone, and grants, permissions and secrets to who manages them.
"""

_PLATFORMS: tuple[tuple[str, TrustArgs], ...] = (
    ("GitHub Actions", {"github": {"repository": "OWNER/REPOSITORY", "environment": "ENVIRONMENT"}}),
    (
        "Azure DevOps",
        {
            "azure_devops": {
                "organization": "ORGANIZATION",
                "organization_id": "ORGANIZATION_ID",
                "project": "PROJECT",
                "pipeline": "PIPELINE",
            }
        },
    ),
    ("GitLab", {"gitlab": {"project": "GROUP/PROJECT", "ref": "BRANCH"}}),
)


def _trusted() -> Iterator[str]:
    yield "| platform | issuer | subject of the token | audience |\n| --- | --- | --- | --- |"
    for platform, wanted in _PLATFORMS:
        found = trust(wanted)
        audience = ", ".join(f"`{each}`" for each in found.audiences or ()) or "the account's ID"
        yield f"| {platform} | `{found.issuer}` | `{found.subject}` | {audience} |"


def _made() -> Iterator[str]:
    yield "| name | kind | role | in the workspace | |\n| --- | --- | --- | --- | --- |"
    for kind, names in (("service principal", ROLE_OF), ("group", {each: each for each in GROUPS})):
        for name, role in names.items():
            level = roles.WORKSPACE[role].lower()
            yield f"| `{name}` | {kind} | `{role}` | {level} | {_PURPOSE[name]} |"


def _cell(held: Any) -> str:
    return ", ".join(f"`{each}`" for each in ([held] if isinstance(held, str) else sorted(held or ())))


def _matrix() -> Iterator[str]:
    for name, matrix in _OBJECTS:
        yield f"| {name} | {' | '.join(_cell(matrix.get(role)) for role in roles.ROLES)} |"


def permissions() -> str:
    """The page."""
    lines = [
        _HEAD.rstrip() + "\n",
        *_made(),
        "\n## Who may do what\n",
        f"| on | {' | '.join(f'`{role}`' for role in roles.ROLES)} |",
        f"| --- |{' --- |' * len(roles.ROLES)}",
        *_matrix(),
        _MATRIX_NOTES,
        *_trusted(),
    ]
    return "\n".join(lines) + "\n" + _TAIL
