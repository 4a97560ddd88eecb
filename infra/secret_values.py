"""Values of the secrets that projects declare: of configuration or the environment, never in settings."""

from __future__ import annotations

import os

import pulumi
from settings import Settings, SettingsError
from settings.problems import Problem
from settings.project import Secret


def secret_values(
    settings: Settings, config: pulumi.Config, stack: str
) -> dict[str, dict[str, pulumi.Output[str]]]:
    """By project and key; every value is a Pulumi secret.

    Raises:
        SettingsError: declared secrets have no value; it says for each where one is looked for.
    """
    found: dict[str, dict[str, pulumi.Output[str]]] = {}
    problems = []
    for project in settings.projects:
        for key, wanted in sorted(project.settings.secrets.items()):
            name = wanted.config or f"{config.name}:{project.settings.project}.{key}"
            value = _value(wanted, name)
            if value is not None:
                found.setdefault(project.settings.project, {})[key] = value
            elif wanted.env:
                where = ("secrets", key, "env")
                text = f"the variable {wanted.env} has no value: set it where the program runs."
                problems.append(Problem(f"{project.folder.name}/project.yaml", where, text))
            else:
                text = f"has no value: pulumi config set --secret -s {stack} {name}"
                problems.append(Problem(f"Pulumi.{stack}.yaml", ("config", name), text))
    if problems:
        raise SettingsError(problems)
    return found


def _value(wanted: Secret, name: str) -> pulumi.Output[str] | None:
    if wanted.env:
        value = os.environ.get(wanted.env)
        return pulumi.Output.secret(value) if value else None
    namespace, _, key = name.partition(":")
    return pulumi.Config(namespace).get_secret(key)
