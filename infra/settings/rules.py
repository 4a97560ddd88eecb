"""What each kind of environment must have: what is fine in dev is not in prod."""

from __future__ import annotations

from settings.environment import EnvironmentSettings
from settings.given_names import unknown_names
from settings.problems import Path

Found = list[tuple[Path, str]]

_REVIEWERS = 2


def check_environment(environment: EnvironmentSettings) -> Found:
    """Every mistake, each with its path in the environment's settings."""
    found: Found = []
    if environment.effective_stage == "prod":
        found += _prod(environment)
    if environment.effective_stage in ("staging", "prod"):
        found += _runs_as_itself(environment)
    if environment.developer:
        found += _single_user(environment)
    found += _from_the_account(environment)
    if environment.notifications:
        told = environment.notifications.model_dump(exclude_none=True)
        found += unknown_names(told, environment.workspace, ("notifications",))
    return found


def _prod(environment: EnvironmentSettings) -> Found:
    found: Found = []
    if not environment.protect:
        found.append((("protect",), "false: what prod holds must survive `pulumi destroy`: write true."))
    told = environment.notifications
    if not told or not (told.on_failure or told.failure_destinations):
        found.append(
            (("notifications",), "nobody hears of failed jobs: add on_failure or failure_destinations.")
        )
    ci = environment.ci
    if ci is not None and len(ci.reviewers) < _REVIEWERS:
        count = len(ci.reviewers)
        found.append(
            (
                ("ci", "reviewers"),
                f"{count} of them: a deployment to prod needs at least {_REVIEWERS}, add some.",
            )
        )
    return found


def _runs_as_itself(environment: EnvironmentSettings) -> Found:
    made = environment.identities is not None and "runner" in environment.identities.principals
    if environment.roles.runner or made:
        return []
    text = (
        f"nobody: jobs of {environment.effective_stage} run as a service principal, not as who deploys: "
        "name one, or add identities, which makes one."
    )
    return [(("roles", "runner"), text)]


def _single_user(environment: EnvironmentSettings) -> Found:
    found: Found = []
    if environment.effective_stage != "dev":
        text = f"{environment.effective_stage} is everybody's: a developer has a copy of dev, take it out."
        found.append((("developer",), text))
    if environment.workspace.create is not None:
        found.append((("workspace", "create"), "developers share a workspace: name it with `host`."))
    if environment.identities is not None:
        found.append((("identities",), "these are the shared environment's: take them out."))
    if not environment.catalog.adopt:
        text = "true is missing: developers share a catalog, and have a schema each in it."
        found.append((("catalog", "adopt"), text))
    return found


def _from_the_account(environment: EnvironmentSettings) -> Found:
    """What the account does for a workspace, it does by the number, and the rest by the address."""
    workspace = environment.workspace
    wanted = [
        what
        for what, given in (
            ("identities enter", environment.identities),
            ("a metastore is assigned to", workspace.metastore_id),
        )
        if given is not None
    ]
    missing = [key for key in ("host", "id") if getattr(workspace, key) is None]
    if not wanted or not missing or workspace.create is not None:
        return []
    return [
        (
            ("workspace",),
            f"{wanted[0]} a workspace by its host and its number: add {' and '.join(missing)}, or create.",
        )
    ]
