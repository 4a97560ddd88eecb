"""Read the stack's settings: every mistake of every file is found before anything is registered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from settings.checks import check_names, check_project
from settings.defaults import KEY as KEY
from settings.defaults import Layered, with_defaults
from settings.environment import EnvironmentSettings, ProjectReference
from settings.given_names import unknown_names
from settings.interpolation import holds, interpolate, merged
from settings.names import ProjectNames, names_of, user, variables
from settings.problems import Path, Problem, SettingsError, from_validation
from settings.project import ProjectSettings
from settings.reading import LOADER as LOADER
from settings.reading import read_mapping
from settings.rules import check_environment

FILE = "project.yaml"


@dataclass(frozen=True)
class Project:
    """A project of the environment."""

    folder: FilePath
    """Its folder."""
    settings: ProjectSettings
    """What it is."""
    names: ProjectNames
    """What its parts are called."""
    file: str
    """Its project.yaml, from the folder of the stack file."""


@dataclass(frozen=True)
class Settings:
    """The stack's settings."""

    environment: EnvironmentSettings
    projects: list[Project]


def load(document: Any, stack: str, root: FilePath) -> Settings:
    """Validate the environment of a stack and its projects.

    Args:
        document: the value of `databricks-mlops:environment`.
        stack: the stack's name, for messages.
        root: the folder of the stack file, that project paths start from.

    Raises:
        SettingsError: with every mistake.
    """
    layered = with_defaults(document, stack, root)
    environment = load_environment(document, stack, root)
    problems: list[Problem] = []
    projects = []
    for index, reference in enumerate(environment.projects):
        project, wrong = read_project(environment, reference, *layered.where(("projects", index)), root)
        problems += wrong
        if project is not None:
            projects.append(project)
    problems += _twice(projects, layered)
    problems += _mistaken(projects, environment, layered)
    if problems:
        raise SettingsError(problems)
    return Settings(environment, projects)


def load_environment(document: Any, stack: str, root: FilePath) -> EnvironmentSettings:
    """Validate the environment of a stack, over the defaults, without its projects' own files.

    Args:
        document: the value of `databricks-mlops:environment`.
        stack: the stack's name, for messages.
        root: the folder of the stack file.

    Raises:
        SettingsError: with every mistake.
    """
    if document is None:
        text = "is missing: add it, see docs/settings.schema.json."
        raise SettingsError([Problem(f"Pulumi.{stack}.yaml", ("config", KEY), text)])
    layered = with_defaults(document, stack, root)
    known = layered.document
    unknown: list[tuple[Path, str]] = []
    if _named_by_user(known):
        known, unknown = interpolate(known, {"user": user})
    problems = [Problem(*layered.where(path), text) for path, text in unknown]
    try:
        environment = EnvironmentSettings.model_validate(known)
    except ValidationError as error:
        problems += from_validation(error, EnvironmentSettings, layered.where)
        raise SettingsError(problems) from None
    problems += [Problem(*layered.where(path), text) for path, text in check_environment(environment)]
    if problems:
        raise SettingsError(problems)
    return environment


def read_project(
    environment: EnvironmentSettings, reference: ProjectReference, stack_file: str, at: Path, root: FilePath
) -> tuple[Project | None, list[Problem]]:
    """Read one project of an environment.

    Args:
        environment: where it lives.
        reference: its folder, and what differs from its project.yaml.
        stack_file: the file that names it, for messages.
        at: where the reference stands in that file.
        root: the folder of the stack file, that project paths start from.

    Returns:
        The project, or None, and what is wrong with it.
    """
    reader = _Reader(environment, reference, stack_file, at, root)
    return reader.read(), reader.problems


def _named_by_user(document: Any) -> bool:
    return isinstance(document, dict) and "${user}" in str({**document, "projects": None})


def _twice(projects: list[Project], layered: Layered) -> list[Problem]:
    """What two projects of an environment would both make; of each the first thing alone."""
    found: list[Problem] = []
    taken: dict[tuple[str, str], str] = {}
    for index, project in enumerate(projects):
        owned = _owned(project)
        again = [(what, name) for what, name, _ in owned if (what, name) in taken]
        if again:
            what, name = again[0]
            remedy = next(each for kind, _, each in owned if kind == what)
            text = f'its {what} "{name}" is that of the project {taken[again[0]]}: {remedy}.'
            found.append(Problem(*layered.where(("projects", index)), text))
        for what, name, _ in owned:
            taken.setdefault((what, name), project.settings.project)
    return found


def _mistaken(projects: list[Project], environment: EnvironmentSettings, layered: Layered) -> list[Problem]:
    """Projects whose developer's copy would be called as a project of somebody else."""
    developer = (environment.developer or "").replace("_", "-")
    names = [project.settings.project for project in projects] if developer else []
    found: list[Problem] = []
    for index, name in enumerate(names):
        for other in names:
            begin = other.removesuffix(f"-{name}")
            if begin == other or not f"-{developer}".endswith(f"-{begin}"):
                continue
            whose = developer.removesuffix(begin).strip("-") or environment.name
            text = f"{developer}'s {name} would be called as {whose}'s {other}: rename one of the projects."
            found.append(Problem(*layered.where(("projects", index)), text))
    return found


def _owned(project: Project) -> list[tuple[str, str, str]]:
    """What is one project's alone: its kind, its name, and what to do when another has it."""
    settings, names = project.settings, project.names
    found = [("name", settings.project, "rename one")]
    if not settings.adopt_schema:
        found.append(("schema", names.schema.lower(), "give it another, or `adopt_schema: true`"))
    if settings.serving:
        found.append(("endpoint", names.endpoint, "give it another by `serving.endpoint`"))
    return found


class _Reader:
    """Reads one project and notes its problems."""

    def __init__(
        self,
        environment: EnvironmentSettings,
        reference: ProjectReference,
        stack: str,
        at: Path,
        root: FilePath,
    ) -> None:
        self._environment, self._reference, self._stack = environment, reference, stack
        self._at = at
        self._folder = root / reference.path
        self._file = (FilePath(reference.path) / FILE).as_posix()
        self.problems: list[Problem] = []

    def read(self) -> Project | None:
        """The project; None when it has problems."""
        document = self._document()
        if document is None:
            return None
        document = merged(document, self._reference.overrides)
        names = names_of(document, self._environment)
        document, unknown = interpolate(document, variables(names, self._environment, document))
        self._add(unknown)
        try:
            settings = ProjectSettings.model_validate(document)
        except ValidationError as error:
            self.problems += from_validation(error, ProjectSettings, self._where)
            return None
        self._add(check_project(settings, self._folder))
        self._add(check_names(settings, names))
        given = settings.model_dump(exclude_none=True, by_alias=True)
        self._add(unknown_names(given, self._environment.workspace))
        return None if self.problems else Project(self._folder, settings, names, self._file)

    def _document(self) -> Any:
        try:
            return read_mapping(self._folder / FILE)
        except FileNotFoundError:
            text = f'"{self._reference.path}" has no {FILE}: name a project\'s folder.'
            self.problems.append(Problem(self._stack, (*self._at, "path"), text))
        except ValueError as error:
            self.problems.append(Problem(self._file, (), str(error)))
        return None

    def _where(self, path: Path) -> tuple[str, Path]:
        """The file that gave what stands at a path, and the path there."""
        if path and holds(self._reference.overrides, path):
            return self._stack, (*self._at, "overrides", *path)
        return self._file, path

    def _add(self, found: list[tuple[Path, str]]) -> None:
        self.problems += [Problem(*self._where(path), text) for path, text in found]
