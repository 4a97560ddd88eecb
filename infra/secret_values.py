"""Values of the secrets that projects declare: config keys of their own, never inside the settings."""

from __future__ import annotations

import pulumi
from settings import Settings, SettingsError
from settings.problems import Problem


def secret_values(
    settings: Settings, config: pulumi.Config, stack: str
) -> dict[str, dict[str, pulumi.Output[str]]]:
    """By project and key.

    Raises:
        SettingsError: a declared secret has no value.
    """
    found: dict[str, dict[str, pulumi.Output[str]]] = {}
    problems = []
    for project in settings.projects:
        for key in sorted(project.settings.secrets):
            name = f"{project.settings.project}.{key}"
            value = config.get_secret(name)
            if value is None:
                text = f"has no value: pulumi config set --secret -s {stack} databricks-mlops:{name}"
                problems.append(Problem(f"Pulumi.{stack}.yaml", ("config", f"databricks-mlops:{name}"), text))
            else:
                found.setdefault(project.settings.project, {})[key] = value
    if problems:
        raise SettingsError(problems)
    return found
