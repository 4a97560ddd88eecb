"""Values of the secrets that projects declare: of configuration or the environment, never in settings."""

from __future__ import annotations

import os

import pulumi
from settings import Settings, SettingsError
from settings.problems import Problem
from settings.project import Secret


def destination_secrets(
    settings: Settings, config: pulumi.Config, stack: str
) -> dict[str, pulumi.Output[str]]:
    """What each notification destination that is no e-mail address is opened with.

    Raises:
        SettingsError: one has no value.
    """
    found: dict[str, pulumi.Output[str]] = {}
    problems: list[Problem] = []
    for key, wanted in sorted(settings.environment.workspace.notification_destinations.items()):
        if wanted.kind is None:
            continue
        name = f"destinations.{key}"
        value = config.get_secret(name)
        if value is None:
            problems.append(_missing(stack, f"{config.name}:{name}"))
        else:
            found[key] = value
    if problems:
        raise SettingsError(problems)
    return found


def pipeline_secrets(settings: Settings, config: pulumi.Config, stack: str) -> dict[str, pulumi.Output[str]]:
    """The values of `ci.secrets`.

    Raises:
        SettingsError: one has no value.
    """
    ci = settings.environment.ci
    values = {key: config.get_secret(f"ci.{key}") for key in (ci.secrets if ci else [])}
    problems = [_missing(stack, f"{config.name}:ci.{key}") for key, value in values.items() if value is None]
    if problems:
        raise SettingsError(problems)
    return {key: value for key, value in values.items() if value is not None}


def _missing(stack: str, name: str) -> Problem:
    text = f"has no value: pulumi config set --secret -s {stack} {name}"
    return Problem(f"Pulumi.{stack}.yaml", ("config", name), text)


def secret_values(
    settings: Settings, config: pulumi.Config, stack: str
) -> dict[str, dict[str, pulumi.Output[str]]]:
    """By project and key; every value is a Pulumi secret.

    Raises:
        SettingsError: declared secrets have no value; it says for each where one is looked for.
    """
    found: dict[str, dict[str, pulumi.Output[str]]] = {}
    problems: list[Problem] = []
    for project in settings.projects:
        for key, wanted in sorted(project.settings.secrets.items()):
            name = wanted.config or f"{config.name}:{project.settings.project}.{key}"
            value = _value(wanted, name)
            if value is not None:
                found.setdefault(project.settings.project, {})[key] = value
            elif wanted.env:
                where = ("secrets", key, "env")
                text = f"the variable {wanted.env} has no value: set it where the program runs."
                problems.append(Problem(project.file, where, text))
            else:
                problems.append(_missing(stack, name))
    if problems:
        raise SettingsError(problems)
    return found


def _value(wanted: Secret, name: str) -> pulumi.Output[str] | None:
    if wanted.env:
        value = os.environ.get(wanted.env)
        return pulumi.Output.secret(value) if value else None
    namespace, _, key = name.partition(":")
    return pulumi.Config(namespace).get_secret(key)
