"""A project's own stack: what it needs of its environment's file, and every mistake between the two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from settings import SettingsError, load
from settings.project_stack import check_own_stacks, load_project_stack
from unit_declared import ENVIRONMENT

OWN = {"path": "ml_code"}
ALONE = {**ENVIRONMENT, "protect": True, "projects": []}


def write(folder: Path, stack: str, **config: Any) -> None:
    document = {"config": {f"databricks-mlops:{key}": value for key, value in config.items()}}
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document))


def test_the_environment_is_the_stack_before_the_last_dot_and_says_what_it_is(project_folder: Path) -> None:
    write(project_folder.parent, "dev", environment=ALONE)
    own = load_project_stack({**OWN, "overrides": {"schema": "mine"}}, "dev.flights", project_folder.parent)
    assert own.environment_stack == "dev"
    assert own.settings.environment.protect
    (project,) = own.settings.projects
    assert project.names.model == "dev.mine.delay"


CASES = [
    (
        "flights",
        OWN,
        ENVIRONMENT,
        "Pulumi.flights.yaml: config.databricks-mlops:project.environment: is miss",
    ),
    ("prod.x", OWN, ENVIRONMENT, 'there is no Pulumi.prod.yaml for the stack "prod"'),
    ("dev.x", {}, ALONE, "Pulumi.dev.x.yaml: config.databricks-mlops:project.path: is missing"),
    ("dev.x", {**OWN, "enviroment": "dev"}, ALONE, "did you mean 'environment'?"),
    (
        "dev.x",
        OWN,
        {**ALONE, "protected": 1},
        "dev.yaml: config.databricks-mlops:environment.protected",
    ),
    ("dev.x", {"path": "nowhere"}, ALONE, "Pulumi.dev.x.yaml: config.databricks-mlops:project.path: "),
    ("dev.x", {**OWN, "overrides": {"jobs": 1}}, ALONE, "databricks-mlops:project.overrides.jobs"),
    ("dev.x", OWN, ENVIRONMENT, '"flights" is a project of the stack dev too'),
]


@pytest.mark.parametrize(("stack", "own", "environment", "told"), CASES, ids=range(len(CASES)))
def test_a_mistake_names_its_file_and_remedy(
    project_folder: Path, stack: str, own: Any, environment: Any, told: str
) -> None:
    write(project_folder.parent, "dev", environment=environment)
    with pytest.raises(SettingsError) as caught:
        load_project_stack(own, stack, project_folder.parent)
    assert told in str(caught.value)


def test_a_stack_of_a_project_is_no_environment(project_folder: Path) -> None:
    write(project_folder.parent, "dev", project=OWN)
    with pytest.raises(SettingsError, match='"dev" holds a project itself'):
        load_project_stack(OWN, "dev.x", project_folder.parent)


def test_an_environment_names_the_stack_that_its_project_has_already(project_folder: Path) -> None:
    root = project_folder.parent
    settings = load(ENVIRONMENT, "dev", root)
    check_own_stacks(settings, ENVIRONMENT, "dev", root)
    write(root, "prod.flights", project=OWN)
    check_own_stacks(settings, ENVIRONMENT, "dev", root)
    write(root, "flying", project={**OWN, "environment": "dev"})
    with pytest.raises(SettingsError, match=r"projects\[0\]: \"flights\" has a stack of its own, "):
        check_own_stacks(settings, ENVIRONMENT, "dev", root)
